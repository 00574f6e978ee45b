interface BackOffLimits {
  /** Longest wait after the first failure, in milliseconds. */
  readonly firstMs: number
  /** Longest wait after any failure, in milliseconds. */
  readonly maxMs: number
}

interface BackOffOptions extends BackOffLimits {
  /** Gives numbers from 0 to 1. */
  readonly random?: () => number
}

/**
 * Milliseconds to wait before the next try of something that just failed, after `failures` failures before: doubled with each
 * failure, shortened by up to half at random, so that clients do not all return at the same moment. `random` gives numbers
 * from 0 to 1.
 */
export function backOffMs(failures: number, { firstMs, maxMs }: BackOffLimits, random = Math.random): number {
  return Math.min(maxMs, firstMs * 2 ** failures) * (0.5 + random() / 2)
}

/** `backOffMs` with its own count of failures. */
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
    return backOffMs(this.#failures++, this.#options, this.#options.random)
  }

  /** Call after a success. */
  reset(): void {
    this.#failures = 0
  }
}
