/** A peer that has never answered has this long for its first block. */
const FIRST_MS = 3_000

/** One that has may be silent for a few times as long as its blocks took, within these bounds. */
const SILENT_MIN_MS = 2_000
const SILENT_MAX_MS = 10_000

/** Weights of the newest block in the mean and in the mean deviation, and how many deviations are usual (as in RFC 6298). */
const MEAN_WEIGHT = 1 / 8
const DEVIATION_WEIGHT = 1 / 4
const DEVIATIONS = 4
const MEANS = 3

/** How long a peer takes from one block to the next, and whether it has stopped. Times are milliseconds of `performance.now()`. */
export class AnswerTimes {
  #mean: number | null = null
  #deviation = 0
  /** Since when it owes us a block; null when it owes none. */
  #since: number | null = null
  #stopped = false

  /** True from the moment it was found silent until it sends a block. */
  get stopped(): boolean {
    return this.#stopped
  }

  /** A block was requested. */
  asked(now: number): void {
    this.#since ??= now
  }

  /** A request came to its end. `more`: other requests are open. */
  settled(now: number, { isBlock, more }: { readonly isBlock: boolean; readonly more: boolean }): void {
    if (isBlock && this.#since !== null) {
      this.#learn(now - this.#since)
      this.#since = now
      this.#stopped = false
    }
    if (!more) this.#since = null
  }

  /** Looks whether it has been silent for too long; `stopped` says so. */
  check(now: number): void {
    if (this.#since !== null && now - this.#since > this.#mostMs) this.#stopped = true
  }

  get #mostMs(): number {
    if (this.#mean === null) return FIRST_MS
    const usual = MEANS * this.#mean + DEVIATIONS * this.#deviation
    return Math.min(SILENT_MAX_MS, Math.max(SILENT_MIN_MS, usual))
  }

  #learn(milliseconds: number): void {
    if (this.#mean === null) {
      this.#mean = milliseconds
      this.#deviation = milliseconds / 2
      return
    }
    const off = Math.abs(milliseconds - this.#mean)
    this.#deviation += DEVIATION_WEIGHT * (off - this.#deviation)
    this.#mean += MEAN_WEIGHT * (milliseconds - this.#mean)
  }
}
