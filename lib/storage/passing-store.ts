import { AppError } from '../base/errors.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { clearPiece } from '../torrent/piece-map.ts'
import type { PieceStore } from './piece-store.ts'
import { writeVerified } from './write-verified.ts'

/**
 * Store of a download that is saved while it arrives: a verified piece is held in memory until the reader is past it.
 */
export class PassingStore implements PieceStore {
  readonly kind = 'none'
  readonly have: Uint8Array<ArrayBuffer>
  pendingBytes = 0
  readonly #metainfo: Metainfo
  readonly #pieces = new Map<number, Uint8Array<ArrayBuffer>>()

  constructor(metainfo: Metainfo) {
    this.#metainfo = metainfo
    this.have = new Uint8Array(Math.ceil(metainfo.pieceCount / 8))
  }

  async read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const piece = this.#pieces.get(index)
    if (!piece) throw new AppError('storage_failed', `piece ${index} is not here`)
    if (offset < 0 || length < 0 || offset + length > piece.length) throw new AppError('bad_request')
    return piece.subarray(offset, offset + length)
  }

  write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return writeVerified(this, { metainfo: this.#metainfo, index, bytes }, () => {
      this.#pieces.set(index, bytes)
    })
  }

  release(index: number): readonly number[] {
    const released = [...this.#pieces.keys()].filter(piece => piece <= index)
    for (const piece of released) {
      this.#pieces.delete(piece)
      clearPiece(this.have, piece)
    }
    return released
  }

  async select(): Promise<void> {}

  async file(): Promise<Blob> {
    throw new AppError('storage_failed', 'this download is not stored')
  }

  async close(): Promise<void> {
    this.#pieces.clear()
    this.have.fill(0)
  }

  async destroy(): Promise<void> {
    await this.close()
  }
}
