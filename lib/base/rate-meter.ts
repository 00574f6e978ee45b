/** For people, rates are averages over this time: long enough to be readable, short enough to show a stall. */
const WINDOW_MS = 5000
/** Samples of one window. */
const SAMPLES = 20

/**
 * Rate and remaining time of a growing amount, from samples of the last moments. Times are passed in, in milliseconds
 * of a monotonic clock such as `performance.now()`.
 */
export class RateMeter {
  readonly #samples: { readonly at: number; readonly total: number }[] = []
  readonly #windowMs: number

  /** `windowMs`: rates are averages over this time. */
  constructor(windowMs = WINDOW_MS) {
    this.#windowMs = windowMs
  }

  /** Records that `total` bytes are done at time `now`. */
  update(total: number, now: number): void {
    const newest = this.#samples.at(-1)
    if (newest && this.#samples.length > 1 && now - newest.at < this.#windowMs / SAMPLES) this.#samples.pop()
    this.#samples.push({ at: now, total })
    while ((this.#samples[1]?.at ?? now) < now - this.#windowMs) this.#samples.shift()
  }

  /** Bytes a second; 0 until there are two samples. */
  rate(): number {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (!first || !last || last.at <= first.at) return 0
    return (last.total - first.total) / ((last.at - first.at) / 1000)
  }

  /** Seconds until `remaining` bytes are done at this rate; null at a rate of 0. */
  timeLeft(remaining: number): number | null {
    if (remaining <= 0) return 0
    const rate = this.rate()
    return rate > 0 ? remaining / rate : null
  }
}
