/** A rate limit: `burst` at once, and one each `everyMs` in the long run. */
export interface Rate {
  readonly burst: number
  readonly everyMs: number
}

/**
 * Limits how often something happens. A token bucket that is stored as one number, the time at which it is full again
 * (generic cell rate algorithm, ITU-T I.371), because there is one for each connection and address.
 */
export class RateLimiter {
  readonly #rate: Rate
  #fullAt = 0

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Takes `count` if as many may pass at `now` (milliseconds of a monotonic clock); else returns false and takes none. */
  take(now: number, count = 1): boolean {
    const { burst, everyMs } = this.#rate
    const fullAt = Math.max(this.#fullAt, now) + count * everyMs
    if (fullAt - now > burst * everyMs) return false
    this.#fullAt = fullAt
    return true
  }

  /** Whether one may pass at `now`; takes none. */
  has(now: number): boolean {
    const { burst, everyMs } = this.#rate
    return Math.max(this.#fullAt, now) + everyMs - now <= burst * everyMs
  }

  /** Whether nothing was taken lately, so that a new limiter would behave the same. */
  isFull(now: number): boolean {
    return this.#fullAt <= now
  }
}
