/**
 * A rate limit in bytes a second (token bucket). Its balance may go negative by one block, which later time makes up for, so
 * that limits below a block a second work too. Times are in milliseconds of a monotonic clock.
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

  /** Bytes a second, or null for no limit. */
  get rate(): number | null {
    return this.#rate
  }

  /** Milliseconds until something may pass: 0 is now. */
  wait(now: number): number {
    if (this.#rate === null) return 0
    const seconds = (now - this.#filledAt) / 1000
    // At most one second's worth: timers of a hidden tab fire once a second, and more would be a burst.
    this.#tokens = Math.min(this.#rate, this.#tokens + this.#rate * seconds)
    this.#filledAt = now
    return this.#tokens > 0 ? 0 : Math.ceil((1000 * (1 - this.#tokens)) / this.#rate)
  }

  /** Counts `bytes` that pass now. */
  take(bytes: number): void {
    if (this.#rate !== null) this.#tokens -= bytes
  }
}

/** Several limits that all apply (a share's own and that of all shares). */
export class TokenBuckets {
  readonly #buckets: readonly TokenBucket[]

  constructor(...buckets: readonly TokenBucket[]) {
    this.#buckets = buckets
  }

  /** The lowest limit in bytes a second, or null for no limit. */
  get rate(): number | null {
    const rates = this.#buckets.map(({ rate }) => rate).filter(rate => rate !== null)
    return rates.length === 0 ? null : Math.min(...rates)
  }

  /** Milliseconds until something may pass all limits: 0 is now. */
  wait(now: number): number {
    return Math.max(...this.#buckets.map(bucket => bucket.wait(now)))
  }

  /** Counts `bytes` that pass now against each limit. */
  take(bytes: number): void {
    for (const bucket of this.#buckets) bucket.take(bytes)
  }
}
