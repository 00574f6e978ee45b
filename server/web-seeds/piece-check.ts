import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { PIECE_HASH_BYTES } from '../../lib/torrent/layout.ts'
import { clearPiece, hasPiece, piecesOf, setPiece } from '../../lib/torrent/piece-map.ts'
import { segmentsOf } from '../../lib/torrent/segments.ts'
import { PackedFiles } from '../shares/metainfo/packed-metainfo.ts'
import type { HostedShare } from './hosted-shares.ts'

/** Read and hashed at a time: a piece may be as long as 256 MiB, and other requests wait meanwhile. */
const CHUNK_BYTES = 1024 * 1024

/**
 * Verifies the pieces of a hosted share before their first byte is sent, and again when a file has changed. After that only
 * a bit for each piece is stored; later damage on the disk is found by the seeder, which checks its copies at a slow pace.
 */
export class PieceCheck {
  readonly #share: HostedShare
  readonly #files: PackedFiles
  /** BEP 3 bitfield. */
  readonly #good: Uint8Array<ArrayBuffer>
  readonly #running = new Map<number, Promise<boolean>>()
  /** When each file was last modified as far as we know, in milliseconds since 1970. */
  readonly #modified = new Map<number, number>()
  /** Counts the changes of files: what was read before one says nothing about what is there after it. */
  #changes = 0

  constructor(share: HostedShare) {
    this.#share = share
    this.#files = new PackedFiles(share.metainfo)
    this.#good = new Uint8Array(Math.ceil(share.metainfo.pieceCount / 8))
  }

  /** The file at `index` is about to be read; its pieces are verified again if it has changed. */
  notice(index: number, modified: number): void {
    const known = this.#modified.get(index)
    this.#modified.set(index, modified)
    const file = this.#files.at(index)
    if (known === undefined || known === modified || !file) return
    this.#changes++
    this.#running.clear()
    const pieces = piecesOf(file, this.#share.metainfo.pieceLength)
    for (let piece = pieces?.first ?? 0; pieces && piece <= pieces.last; piece++)
      clearPiece(this.#good, piece)
  }

  /** The file at `index` is missing, or not as long as it was: tells the share of its last piece, which is not there in either case. */
  lost(index: number): void {
    const file = this.#files.at(index)
    const pieces = file && piecesOf(file, this.#share.metainfo.pieceLength)
    if (pieces) this.#share.damaged(pieces.last)
  }

  /** Whether all pieces with bytes [start, end) of the file at `index` are right; tells the share of one that is not. */
  async isGood(index: number, start: number, end: number): Promise<boolean> {
    const { pieceLength } = this.#share.metainfo
    const offset = this.#files.at(index)?.offset ?? 0
    const last = Math.floor((offset + end - 1) / pieceLength)
    for (let piece = Math.floor((offset + start) / pieceLength); piece <= last; piece++) {
      if (hasPiece(this.#good, piece)) continue
      if (await this.#verifyOnce(piece)) continue
      this.#share.damaged(piece)
      return false
    }
    return true
  }

  #verifyOnce(piece: number): Promise<boolean> {
    const known = this.#running.get(piece)
    if (known !== undefined) return known
    const running = this.#verify(piece)
      .catch(() => false)
      .finally(() => {
        if (this.#running.get(piece) === running) this.#running.delete(piece)
      })
    this.#running.set(piece, running)
    return running
  }

  async #verify(piece: number): Promise<boolean> {
    const { length, pieceLength, pieces } = this.#share.metainfo
    const changes = this.#changes
    const start = piece * pieceLength
    const hash = createHash('sha1')
    for (const segment of segmentsOf(this.#files, start, Math.min(start + pieceLength, length))) {
      if (this.#files.at(segment.file)?.padding) hash.update(new Uint8Array(segment.length))
      else await this.#hashSegment(segment, hash)
    }
    const expected = pieces.subarray(piece * PIECE_HASH_BYTES, (piece + 1) * PIECE_HASH_BYTES)
    const isGood = hash.digest().equals(expected)
    if (isGood && changes === this.#changes) setPiece(this.#good, piece)
    return isGood
  }

  async #hashSegment(
    { file, fileOffset, length }: { file: number; fileOffset: number; length: number },
    hash: ReturnType<typeof createHash>,
  ): Promise<void> {
    const location = this.#share.file(file)
    if (location === null) throw new Error(`file ${file} is not here`)
    const handle = await open(location)
    try {
      const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, length))
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(
          chunk,
          0,
          Math.min(chunk.length, length - done),
          fileOffset + done,
        )
        if (bytesRead === 0) throw new Error(`file ${file} is too short`)
        hash.update(chunk.subarray(0, bytesRead))
        done += bytesRead
      }
    } finally {
      await handle.close()
    }
  }
}
