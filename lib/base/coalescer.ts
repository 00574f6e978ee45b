/** Merges calls: those within one turn of the event loop, and those that may wait, make one run. */
export class Coalescer {
  readonly #run: () => void
  #due = false
  #stopped = false
  #timer: ReturnType<typeof setTimeout> | null = null
  #timerAt = 0

  constructor(run: () => void) {
    this.#run = run
  }

  /** Runs at the end of this turn. */
  soon(): void {
    if (this.#due || this.#stopped) return
    this.#due = true
    queueMicrotask(() => {
      this.#due = false
      this.#run()
    })
  }

  /** Runs in `milliseconds` at the latest. */
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

  /** Ends it: no run begins any more. */
  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }
}
