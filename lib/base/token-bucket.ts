/**
 * A rate limit in bytes a second that may be passed by one block and is then paid back, so that a limit below a block
 * a second works too. No limit (null) costs nothing. `now` in milliseconds of a clock that never goes back.
 */
export class TokenBucket {
  #rate: number | null = null
  #tokens = 0
  #filledAt = Number.NEGATIVE_INFINITY

  /** Bytes a second, or null for no limit. */
  setRate(rate: number | null): void {
    this.#rate = rate
    this.#tokens = 0
  }

  /** Bytes a second, or null. */
  get rate(): number | null {
    return this.#rate
  }

  /** Milliseconds until something may pass: 0 is now. */
  wait(now: number): number {
    if (this.#rate === null) return 0
    const seconds = (now - this.#filledAt) / 1000
    // At most a second of saved-up rate: in a hidden tab timers fire once a second, more would be a burst.
    this.#tokens = Math.min(this.#rate, this.#tokens + this.#rate * seconds)
    this.#filledAt = now
    return this.#tokens > 0 ? 0 : Math.ceil((1000 * (1 - this.#tokens)) / this.#rate)
  }

  /** Count `bytes` that pass now. */
  take(bytes: number): void {
    if (this.#rate !== null) this.#tokens -= bytes
  }
}

/** Limits that all hold at once (a share's own and the one of all shares). */
export class TokenBuckets {
  readonly #buckets: readonly TokenBucket[]

  constructor(...buckets: readonly TokenBucket[]) {
    this.#buckets = buckets
  }

  /** The lowest limit in bytes a second, or null. */
  get rate(): number | null {
    const rates = this.#buckets.map(({ rate }) => rate).filter(rate => rate !== null)
    return rates.length === 0 ? null : Math.min(...rates)
  }

  wait(now: number): number {
    return Math.max(...this.#buckets.map(bucket => bucket.wait(now)))
  }

  take(bytes: number): void {
    for (const bucket of this.#buckets) bucket.take(bytes)
  }
}
