/** Rates are averaged over this long: steady enough to read, quick enough to notice a stall. */
const WINDOW_MS = 5000
const SAMPLE_MS = 250

/**
 * Rate and time left of a growing amount, from the samples of the last five seconds. Times are in milliseconds
 * of any monotonic clock (`performance.now()`), handed in.
 */
export class RateMeter {
  readonly #samples: { readonly at: number; readonly total: number }[] = []

  /** `total` bytes are done at time `now`. */
  update(total: number, now: number): void {
    const newest = this.#samples.at(-1)
    if (newest && this.#samples.length > 1 && now - newest.at < SAMPLE_MS) this.#samples.pop()
    this.#samples.push({ at: now, total })
    while ((this.#samples[1]?.at ?? now) < now - WINDOW_MS) this.#samples.shift()
  }

  /** Bytes a second, 0 until there is something to compare. */
  rate(): number {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (!first || !last || last.at <= first.at) return 0
    return (last.total - first.total) / ((last.at - first.at) / 1000)
  }

  /** Seconds until `remaining` bytes are done at this rate; null when that cannot be said. */
  timeLeft(remaining: number): number | null {
    if (remaining <= 0) return 0
    const rate = this.rate()
    return rate > 0 ? remaining / rate : null
  }
}
