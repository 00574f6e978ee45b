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
