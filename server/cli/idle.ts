/** Ends what waits for bytes when none come for a while. */
export class IdleWatch {
  readonly #limitMs: number | null
  readonly #idle = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined
  #bytes = -1

  /** `seconds`: null waits for ever. */
  constructor(seconds: number | null) {
    this.#limitMs = seconds === null ? null : seconds * 1000
    this.#restart()
  }

  /** Aborted when nothing came for so long. */
  get signal(): AbortSignal {
    return this.#idle.signal
  }

  /** So many bytes are here by now. */
  note(bytes: number): void {
    if (bytes === this.#bytes) return
    this.#bytes = bytes
    this.#restart()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #restart(): void {
    clearTimeout(this.#timer)
    if (this.#limitMs !== null) this.#timer = setTimeout(() => this.#idle.abort(), this.#limitMs)
  }
}
