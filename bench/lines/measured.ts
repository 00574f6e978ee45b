/** One run over a line; it may have ended before the last byte. */
export interface Measured {
  readonly bytes: number
  /** From the start to the last byte. */
  readonly seconds: number
  /** Seconds to the first bytes; of ours, the first verified ones. */
  readonly firstBytes: number
}
