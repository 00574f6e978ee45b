import { AppError } from '../base/errors.ts'
import type { ByteSource } from '../torrent/metainfo.ts'
import type { PieceSource } from './piece-store.ts'
import { ReadCache } from './read-cache.ts'

/**
 * Read-only store over the files a person picked: nothing is copied, blocks are read from disk (and encrypted, of an encrypted
 * share) when a peer requests them.
 * `onUnreadable` is called once, when a file turns out to have been changed, moved or deleted since it was picked
 * (the browser refuses to read it): the content no longer matches its hashes and must not be offered any longer.
 */
export class BlobStore implements PieceSource {
  readonly #cache: ReadCache
  readonly #length: number
  readonly #pieceLength: number
  #onUnreadable: (() => void) | null

  constructor(content: ByteSource, pieceLength: number, onUnreadable: () => void) {
    this.#pieceLength = pieceLength
    this.#length = content.size
    this.#onUnreadable = onUnreadable
    this.#cache = new ReadCache(
      (start, end) => content.read(start, end),
      content.size,
      Number.POSITIVE_INFINITY,
    )
  }

  async read(index: number, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const pieceStart = index * this.#pieceLength
    const pieceEnd = Math.min(pieceStart + this.#pieceLength, this.#length)
    const start = pieceStart + offset
    if (offset < 0 || length < 0 || start + length > pieceEnd) {
      throw new AppError('bad_request', `bytes ${start}-${start + length} of piece ${index}`)
    }
    try {
      return await this.#cache.read(start, start + length)
    } catch (reason) {
      if (!isGone(reason)) throw new AppError('storage_failed', '', { cause: reason })
      this.#onUnreadable?.()
      this.#onUnreadable = null
      throw new AppError('file_changed', '', { cause: reason })
    }
  }

  async close(): Promise<void> {
    this.#cache.clear()
  }
}

/** `blob` as a source. */
export const sourceOf = (blob: Blob): ByteSource => ({
  size: blob.size,
  read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
})

/** True for the errors browsers use for a file that was changed, moved or deleted; other failures may be temporary. */
function isGone(reason: unknown): boolean {
  return reason instanceof DOMException && ['NotReadableError', 'NotFoundError'].includes(reason.name)
}
