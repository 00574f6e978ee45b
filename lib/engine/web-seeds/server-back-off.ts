import { BackOff } from '../../base/back-off.ts'
import { RETRY_MAX_MS } from './web-seed-source.ts'

const FIRST_MS = 1_000

/** How long a failed server is not requested: up to a second, doubled with each consecutive failure, up to five minutes. */
export class ServerBackOff {
  readonly #backOff: BackOff
  #until = Number.NEGATIVE_INFINITY

  /** `random` gives numbers from 0 to 1. */
  constructor(random?: () => number) {
    this.#backOff = new BackOff({ firstMs: FIRST_MS, maxMs: RETRY_MAX_MS, ...(random && { random }) })
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#backOff.failures
  }

  /** Milliseconds until the next request may be sent: 0 is now. */
  wait(now: number): number {
    return Math.max(0, this.#until - now)
  }

  /** Call after a failure; `retryAfter` is what the server asked for in milliseconds, if it did. */
  fail(now: number, retryAfter: number | null): void {
    // Requests that ran in parallel fail together: that is one failure.
    if (this.wait(now) > 0) return
    this.#until = now + Math.max(retryAfter ?? 0, this.#backOff.next())
  }

  succeed(): void {
    this.#backOff.reset()
  }
}
