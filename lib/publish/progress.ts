/** Amounts in bytes, `rate` in bytes a second, `timeLeft` in seconds (null: not known yet). */
export interface PublishProgress {
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly filesDone: number
  /** Bytes that an earlier, interrupted attempt has hashed. */
  readonly resumedFrom: number
  readonly rate: number
  readonly timeLeft: number | null
  /** Of the request that publishes, from 0 to 1; null before it. */
  readonly sent: number | null
  /** The server cannot be reached, and is tried again. */
  readonly isServerAway: boolean
}

/** The progress before anything is done. */
export const noProgress = (bytesTotal: number): PublishProgress => ({
  bytesDone: 0,
  bytesTotal,
  filesDone: 0,
  resumedFrom: 0,
  rate: 0,
  timeLeft: null,
  sent: null,
  isServerAway: false,
})

/** People cannot read faster, and rendering takes time from hashing. */
const INTERVAL_MS = 200

/** Calls `show` as often as people can read; always at the end, and while the server is away. */
export function slowly(show: (progress: PublishProgress) => void): (progress: PublishProgress) => void {
  let shownAt = Number.NEGATIVE_INFINITY
  return progress => {
    const now = performance.now()
    const isSmall = progress.bytesDone < progress.bytesTotal && !progress.isServerAway
    if (isSmall && now - shownAt < INTERVAL_MS) return
    shownAt = now
    show(progress)
  }
}
