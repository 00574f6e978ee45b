/**
 * Read-ahead of a reader, as a fraction of what is left to read, so that a player that seeks wastes little of a short film;
 * within these bounds in bytes.
 */
const READ_AHEAD_FRACTION = 1 / 32
const READ_AHEAD_MIN_BYTES = 1024 * 1024
const READ_AHEAD_MAX_BYTES = 16 * 1024 * 1024

/** A reader of bytes [at(), end) of the content, in order. */
interface Reader {
  readonly at: () => number
  readonly end: number
  /** Read-ahead in bytes. */
  readonly ahead: number
}

/** Where the content is being read while it arrives: these pieces come first. */
export class ReadPositions {
  readonly #pieceLength: number
  readonly #readers = new Set<Reader>()

  /** `pieceLength` in bytes. */
  constructor(pieceLength: number) {
    this.#pieceLength = pieceLength
  }

  /** Add a reader of bytes [at(), end); returns the function that removes it. */
  add(at: () => number, end: number): () => void {
    const wanted = (end - at()) * READ_AHEAD_FRACTION
    const ahead = Math.min(READ_AHEAD_MAX_BYTES, Math.max(READ_AHEAD_MIN_BYTES, wanted))
    const reader = { at, end, ahead }
    this.#readers.add(reader)
    return () => this.#readers.delete(reader)
  }

  /** The pieces within the read-ahead, each reader's in the order in which they are read. */
  *pieces(): Iterable<number> {
    for (const { ahead, at, end } of this.#readers) {
      const from = at()
      const last = Math.floor((Math.min(end, from + ahead) - 1) / this.#pieceLength)
      for (let piece = Math.floor(from / this.#pieceLength); piece <= last; piece++) yield piece
    }
  }

  /** True for a piece that a reader has still to read. */
  has(piece: number): boolean {
    const start = piece * this.#pieceLength
    for (const { at, end } of this.#readers) {
      if (start < end && start + this.#pieceLength > at()) return true
    }
    return false
  }
}
