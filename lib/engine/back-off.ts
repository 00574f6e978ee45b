import { RETRY_MAX_MS } from './web-seeds/web-seed-source.ts'

const FIRST_MS = 1_000

/** How long a server that failed is left alone: a second, doubled with each failure in a row, up to five minutes. */
export class BackOff {
  readonly #random: () => number
  #failures = 0
  #until = Number.NEGATIVE_INFINITY

  /** `random` gives numbers from 0 to 1: so that a server that comes back is not met by everybody at once. */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures
  }

  /** Milliseconds until it may be asked again: 0 is now. */
  wait(now: number): number {
    return Math.max(0, this.#until - now)
  }

  /** It failed, and wants to be asked again in `retryAfter` milliseconds, if it said so. */
  fail(now: number, retryAfter: number | null): void {
    // Requests that ran side by side fail together: that is one failure.
    if (this.wait(now) > 0) return
    const doubled = Math.min(RETRY_MAX_MS, FIRST_MS * 2 ** this.#failures)
    this.#failures++
    this.#until = now + Math.max(retryAfter ?? 0, doubled * (0.5 + this.#random() / 2))
  }

  succeed(): void {
    this.#failures = 0
  }
}
