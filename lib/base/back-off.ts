interface BackOffOptions {
  /** Longest wait after the first failure, in milliseconds. */
  readonly firstMs: number
  /** Longest wait after any failure, in milliseconds. */
  readonly maxMs: number
  /** Gives numbers from 0 to 1. */
  readonly random?: () => number
}

/**
 * How long to wait before the next try of something that has failed: doubled with each failure, shortened by up to half at
 * random, so that clients do not all return at the same moment.
 */
export class BackOff {
  readonly #options: BackOffOptions
  #failures = 0

  constructor(options: BackOffOptions) {
    this.#options = options
  }

  /** Failures since the last `reset`. */
  get failures(): number {
    return this.#failures
  }

  /** Counts a failure; returns the milliseconds to wait after it. */
  next(): number {
    const { firstMs, maxMs, random = Math.random } = this.#options
    return Math.min(maxMs, firstMs * 2 ** this.#failures++) * (0.5 + random() / 2)
  }

  /** Call after a success. */
  reset(): void {
    this.#failures = 0
  }
}
