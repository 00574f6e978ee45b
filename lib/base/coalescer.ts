/** Runs something once for all who ask within one turn of the event loop, or later once for all who can wait. */
export class Rounds {
  readonly #run: () => void
  #due = false
  #stopped = false
  #timer: ReturnType<typeof setTimeout> | null = null
  #timerAt = 0

  constructor(run: () => void) {
    this.#run = run
  }

  /** At the end of this turn. */
  soon(): void {
    if (this.#due || this.#stopped) return
    this.#due = true
    queueMicrotask(() => {
      this.#due = false
      this.#run()
    })
  }

  /** In `milliseconds` at the latest. */
  within(milliseconds: number): void {
    const at = performance.now() + milliseconds
    if (this.#timer !== null && this.#timerAt <= at) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timerAt = at
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.soon()
    }, milliseconds)
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }
}
