import { AppError } from '../errors.ts'
import type { ChunkRange, ChunkStore } from './chunk-store.ts'
import { ReadCache } from './read-cache.ts'

/** Bytes kept in this tab for other readers; the browser keeps the rest. */
const CACHE_BYTES = 32 * 1024 * 1024

/**
 * Store of a download: every verified piece becomes a Blob, which the browser keeps outside the tab's heap and
 * moves to its own disk when it grows large; saving joins Blobs by reference. Gone when the tab closes.
 */
export class PieceStore implements ChunkStore {
  readonly chunkLength: number
  readonly #length: number
  readonly #pieces: (Blob | null)[]
  readonly #cache: ReadCache

  /** `length` and `pieceLength` in bytes. */
  constructor(length: number, pieceLength: number) {
    this.chunkLength = pieceLength
    this.#length = length
    this.#pieces = new Array<Blob | null>(Math.ceil(length / pieceLength)).fill(null)
    this.#cache = new ReadCache(
      async (start, end) => new Uint8Array(await this.slice(start, end).arrayBuffer()),
      length,
      pieceLength,
      CACHE_BYTES,
    )
  }

  /** Bytes [start, end) of the content, by reference. Errors: `storage_failed` when a piece of it is missing. */
  slice(start: number, end: number): Blob {
    const parts: Blob[] = []
    for (let at = start; at < end; ) {
      const index = Math.floor(at / this.chunkLength)
      const piece = this.#pieces[index]
      if (!piece) throw new AppError('storage_failed', `piece ${index} is not here`)
      const offset = at - index * this.chunkLength
      const part = piece.slice(offset, offset + Math.min(end - at, piece.size - offset))
      parts.push(part)
      at += part.size
    }
    return new Blob(parts)
  }

  put(index: number, bytes: Uint8Array<ArrayBuffer>, done: (error: Error | null) => void): void {
    const expected = Math.min(this.chunkLength, this.#length - index * this.chunkLength)
    if (bytes.length !== expected) {
      const error = new AppError('storage_failed', `piece ${index}: ${bytes.length} of ${expected} bytes`)
      queueMicrotask(() => done(error))
      return
    }
    this.#pieces[index] = new Blob([bytes])
    queueMicrotask(() => done(null))
  }

  get(
    index: number,
    range: ChunkRange | null,
    done: (error: Error | null, bytes?: Uint8Array) => void,
  ): void {
    const piece = this.#pieces[index]
    const offset = range?.offset ?? 0
    const length = range?.length ?? (piece?.size ?? 0) - offset
    if (!piece || offset < 0 || length < 0 || offset + length > piece.size) {
      queueMicrotask(() => done(new AppError('storage_failed', `piece ${index} is not here`)))
      return
    }
    const start = index * this.chunkLength + offset
    this.#cache.read(start, start + length).then(
      bytes => done(null, bytes),
      reason => done(new AppError('storage_failed', `piece ${index}`, { cause: reason })),
    )
  }

  close(done: (error: Error | null) => void): void {
    this.#cache.clear()
    queueMicrotask(() => done(null))
  }

  destroy(done: (error: Error | null) => void): void {
    this.#pieces.fill(null)
    this.close(done)
  }
}
