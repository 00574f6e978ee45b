import { AppError } from '../errors.ts'
import type { ChunkRange, ChunkStore } from './chunk-store.ts'
import { ReadCache } from './read-cache.ts'

/**
 * Read-only store over the files a person picked: nothing is copied, blocks are read from disk when a peer asks.
 * `onUnreadable` is called once, when a file turns out to have been changed, moved or deleted since it was picked
 * (the browser refuses to read it): the content no longer matches its hashes and must not be offered any more.
 */
export class BlobStore implements ChunkStore {
  readonly chunkLength: number
  readonly #cache: ReadCache
  readonly #length: number
  #onUnreadable: (() => void) | null

  constructor(files: readonly Blob[], pieceLength: number, onUnreadable: () => void) {
    const content = new Blob([...files])
    this.chunkLength = pieceLength
    this.#length = content.size
    this.#onUnreadable = onUnreadable
    this.#cache = new ReadCache(
      async (start, end) => new Uint8Array(await content.slice(start, end).arrayBuffer()),
      content.size,
      pieceLength,
    )
  }

  put(_index: number, _bytes: Uint8Array<ArrayBuffer>, done: (error: Error | null) => void): void {
    queueMicrotask(() => done(new AppError('storage_failed', 'published files are read-only')))
  }

  get(
    index: number,
    range: ChunkRange | null,
    done: (error: Error | null, bytes?: Uint8Array) => void,
  ): void {
    const pieceStart = index * this.chunkLength
    const pieceEnd = Math.min(pieceStart + this.chunkLength, this.#length)
    const start = pieceStart + (range?.offset ?? 0)
    const end = range?.length === undefined ? pieceEnd : start + range.length
    if (start < pieceStart || end > pieceEnd || start > end) {
      queueMicrotask(() => done(new AppError('bad_request', `bytes ${start}-${end} of piece ${index}`)))
      return
    }
    this.#cache.read(start, end).then(
      bytes => done(null, bytes),
      reason => {
        if (!isGone(reason)) {
          done(new AppError('storage_failed', '', { cause: reason }))
          return
        }
        this.#onUnreadable?.()
        this.#onUnreadable = null
        done(new AppError('file_changed', '', { cause: reason }))
      },
    )
  }

  close(done: (error: Error | null) => void): void {
    this.#cache.clear()
    queueMicrotask(() => done(null))
  }

  destroy(done: (error: Error | null) => void): void {
    this.close(done)
  }
}

/** What browsers say of a File whose file was changed, moved or deleted; other failures may pass. */
function isGone(reason: unknown): boolean {
  return reason instanceof DOMException && ['NotReadableError', 'NotFoundError'].includes(reason.name)
}
