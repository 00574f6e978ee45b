/**
 * Fetched ahead of somebody who reads while it arrives: a share of what is left to read, so that a player that seeks
 * has wasted little of a short film, within these bounds in bytes.
 */
const READ_AHEAD_SHARE = 1 / 32
const READ_AHEAD_MIN_BYTES = 1024 * 1024
const READ_AHEAD_MAX_BYTES = 16 * 1024 * 1024

/** Where somebody reads: bytes [at(), end) of the content, in order. */
interface Reading {
  readonly at: () => number
  readonly end: number
  /** Bytes. */
  readonly ahead: number
}

/** The places where somebody reads while it arrives. */
export class Readings {
  readonly #pieceLength: number
  readonly #readings = new Set<Reading>()

  /** `pieceLength` in bytes. */
  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength
  }

  /** Somebody reads bytes [at(), end); returns how to take that back. */
  add(at: () => number, end: number): () => void {
    const share = (end - at()) * READ_AHEAD_SHARE
    const ahead = Math.min(READ_AHEAD_MAX_BYTES, Math.max(READ_AHEAD_MIN_BYTES, share))
    const reading = { at, end, ahead }
    this.#readings.add(reading)
    return () => this.#readings.delete(reading)
  }

  /** The pieces wanted right now, each reader's in the order in which they are read. */
  *pieces(): Iterable<number> {
    for (const { ahead, at, end } of this.#readings) {
      const from = at()
      const last = Math.floor((Math.min(end, from + ahead) - 1) / this.#pieceLength)
      for (let piece = Math.floor(from / this.#pieceLength); piece <= last; piece++) yield piece
    }
  }

  /** True for a piece that somebody still has to read. */
  has(piece: number): boolean {
    const start = piece * this.#pieceLength
    for (const { at, end } of this.#readings) {
      if (start < end && start + this.#pieceLength > at()) return true
    }
    return false
  }
}
