/** How much may pass: `burst` at once, and one each `everyMs` in the long run. */
export interface Rate {
  readonly burst: number
  readonly everyMs: number
}

/** A token bucket as one number: when it would be full again (the generic cell rate algorithm). */
export class TokenBucket {
  readonly #rate: Rate
  #fullAt = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Whether one more, or `count`, may pass at `now`, in milliseconds. */
  take(now: number, count = 1): boolean {
    const { burst, everyMs } = this.#rate
    const fullAt = Math.max(this.#fullAt, now) + count * everyMs
    if (fullAt - now > burst * everyMs) return false
    this.#fullAt = fullAt
    return true
  }

  isFull(now: number): boolean {
    return this.#fullAt <= now
  }
}
