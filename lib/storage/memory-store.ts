import { AppError } from '../base/errors.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import type { PieceStore } from './piece-store.ts'
import { ReadCache } from './read-cache.ts'
import { writeVerified } from './write-verified.ts'

/** Bytes cached in the tab's heap for other readers; the browser holds the rest. */
const CACHE_BYTES = 32 * 1024 * 1024

/**
 * Store of a download that ends with the tab, for browsers without a disk for us: every verified piece becomes a Blob,
 * which the browser holds outside the tab's heap; saving joins Blobs by reference.
 */
export class MemoryStore implements PieceStore {
  readonly kind = 'memory'
  readonly have: Uint8Array<ArrayBuffer>
  pendingBytes = 0
  readonly #metainfo: Metainfo
  readonly #pieces: (Blob | null)[]
  readonly #cache: ReadCache

  constructor(metainfo: Metainfo) {
    const { length, pieceCount, pieceLength } = metainfo
    this.have = new Uint8Array(Math.ceil(pieceCount / 8))
    this.#metainfo = metainfo
    this.#pieces = new Array<Blob | null>(pieceCount).fill(null)
    this.#cache = new ReadCache(
      async (start, end) => new Uint8Array(await this.#slice(start, end).arrayBuffer()),
      length,
      pieceLength,
      CACHE_BYTES,
    )
  }

  async read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const piece = this.#pieces[index]
    if (!piece || offset < 0 || length < 0 || offset + length > piece.size) {
      throw new AppError('storage_failed', `piece ${index} is not here`)
    }
    const start = index * this.#metainfo.pieceLength + offset
    return this.#cache.read(start, start + length)
  }

  write(index: number, bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    return writeVerified(this, { metainfo: this.#metainfo, index, bytes }, () => {
      this.#pieces[index] = new Blob([bytes])
    })
  }

  async select(): Promise<void> {}

  async file(index: number): Promise<Blob> {
    const file = this.#metainfo.files[index]
    if (!file) throw new AppError('storage_failed', `there is no file ${index}`)
    return this.#slice(file.offset, file.offset + file.length)
  }

  async close(): Promise<void> {
    this.#cache.clear()
  }

  async destroy(): Promise<void> {
    this.#pieces.fill(null)
    this.have.fill(0)
    await this.close()
  }

  /** Bytes [start, end) of the content, by reference. */
  #slice(start: number, end: number): Blob {
    const parts: Blob[] = []
    for (let at = start; at < end; ) {
      const index = Math.floor(at / this.#metainfo.pieceLength)
      const piece = this.#pieces[index]
      if (!piece) throw new AppError('storage_failed', `piece ${index} is not here`)
      const offset = at - index * this.#metainfo.pieceLength
      const part = piece.slice(offset, offset + Math.min(end - at, piece.size - offset))
      parts.push(part)
      at += part.size
    }
    return new Blob(parts)
  }
}
