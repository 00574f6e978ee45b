import { BackOff } from '../../lib/base/back-off.ts'
import type { Log } from '../base/log.ts'

const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 60_000

/** Whether the bucket does what it is asked for: a line in the log when that changes, and when to ask again. */
export class Health {
  readonly #log: Log
  readonly #backOff: BackOff
  /** Of a monotonic clock, in milliseconds. */
  #retryAt = 0
  #isAway = false

  constructor(log: Log, retryMaxMs = RETRY_MAX_MS) {
    this.#log = log
    this.#backOff = new BackOff({ firstMs: Math.min(RETRY_MIN_MS, retryMaxMs), maxMs: retryMaxMs })
  }

  get isAway(): boolean {
    return this.#isAway
  }

  get mayAsk(): boolean {
    return performance.now() >= this.#retryAt
  }

  /** It did what it was asked for. */
  succeeded(): void {
    if (this.#isAway) this.#log.info('the bucket is back')
    this.#isAway = false
    this.#backOff.reset()
    this.#retryAt = 0
  }

  /** It did not; `reason` holds no secret, see `BucketError`. */
  failed(reason: string): void {
    if (!this.#isAway)
      this.#log.error({ reason }, 'the bucket is away: files come from this server, and it is asked again')
    this.#isAway = true
    this.#retryAt = performance.now() + this.#backOff.next()
  }
}
