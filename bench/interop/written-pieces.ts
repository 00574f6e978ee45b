import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { PIECE_HASH_BYTES } from '../../lib/torrent/layout.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'

/** So much of a piece is looked at to see that it has not been written: clients make room for the whole file first. */
const LOOK_BYTES = 64

/** The pieces of one file that a client has written so far; each is hashed once it looks written, and never again when it is right. */
export class WrittenPieces {
  readonly #metainfo: Metainfo
  readonly #missing: Set<number>

  constructor(metainfo: Metainfo) {
    this.#metainfo = metainfo
    this.#missing = new Set(Array(metainfo.pieceCount).keys())
  }

  /** Whether every piece is in the file at `path`, by its hash. */
  areAllIn(path: string): boolean {
    const file = open(path)
    if (file === null) return false
    try {
      for (const piece of this.#missing) if (this.#isIn(file, piece)) this.#missing.delete(piece)
    } finally {
      closeSync(file)
    }
    return this.#missing.size === 0
  }

  #isIn(file: number, piece: number): boolean {
    const { length, pieceLength, pieces } = this.#metainfo
    const start = piece * pieceLength
    const bytes = Buffer.alloc(Math.min(pieceLength, length - start))
    // The last bytes are written last by most.
    const tail = Math.min(LOOK_BYTES, bytes.length)
    readSync(file, bytes, 0, tail, start + bytes.length - tail)
    if (bytes.subarray(0, tail).every(byte => byte === 0)) return false
    if (readSync(file, bytes, 0, bytes.length, start) < bytes.length) return false
    const expected = pieces.subarray(piece * PIECE_HASH_BYTES, (piece + 1) * PIECE_HASH_BYTES)
    return createHash('sha1').update(bytes).digest().equals(expected)
  }
}

/** Null: it is not there, or has another name until it is whole. */
function open(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch {
    return null
  }
}
