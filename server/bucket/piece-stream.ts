import { createHash, type Hash } from 'node:crypto'
import { PIECE_HASH_BYTES } from '../../lib/torrent/layout.ts'
import type { PackedMetainfo } from '../shares/metainfo/packed-metainfo.ts'
import { inTurns } from './digests.ts'

/** A piece is not what the share's hashes say. */
export class DamagedPieceError extends Error {
  override readonly name = 'DamagedPieceError'
  readonly piece: number

  constructor(piece: number) {
    super(`piece ${piece} fails its hash`)
    this.piece = piece
  }
}

/** Checks the content of a share while it passes by, from its first byte to its last. */
export class PieceStream {
  readonly #metainfo: PackedMetainfo
  #hash: Hash = createHash('sha1')
  #at = 0

  constructor(metainfo: PackedMetainfo) {
    this.#metainfo = metainfo
  }

  /** The next bytes of the content. Errors: `DamagedPieceError` when a piece ends in them and is wrong. */
  async add(bytes: Uint8Array): Promise<void> {
    for await (const slice of inTurns(bytes)) this.#addSlice(slice)
  }

  /** The next `length` bytes of the content, which are padding. */
  async addZeros(length: number): Promise<void> {
    const zeros = new Uint8Array(Math.min(length, 1024 * 1024))
    for (let left = length; left > 0; left -= zeros.length) await this.add(zeros.subarray(0, left))
  }

  #addSlice(slice: Uint8Array): void {
    const { length, pieceLength } = this.#metainfo
    for (let from = 0; from < slice.length; ) {
      const pieceEnd = Math.min(length, (Math.floor(this.#at / pieceLength) + 1) * pieceLength)
      const part = slice.subarray(from, from + pieceEnd - this.#at)
      this.#hash.update(part)
      from += part.length
      this.#at += part.length
      if (this.#at === pieceEnd) this.#check(Math.floor((pieceEnd - 1) / pieceLength))
    }
  }

  #check(piece: number): void {
    const expected = this.#metainfo.pieces.subarray(piece * PIECE_HASH_BYTES, (piece + 1) * PIECE_HASH_BYTES)
    if (!this.#hash.digest().equals(expected)) throw new DamagedPieceError(piece)
    this.#hash = createHash('sha1')
  }
}
