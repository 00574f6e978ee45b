import { AppError } from '../base/errors.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import type { HeldPieces } from './held-pieces.ts'
import { ReadPositions } from './schedule/read-positions.ts'
import type { Side } from './side.ts'

/** Bytes of one chunk: large enough that a player asks seldom, small enough that a seek wastes little. */
const CHUNK_BYTES = 256 * 1024

interface ContentOptions {
  readonly metainfo: Metainfo
  readonly side: Side
  readonly held: HeldPieces
  /** A reader started or ended: other pieces come first now. */
  readonly onPositionsChanged: () => void
  /** A reader moved on: more is to be fetched ahead of it. */
  readonly onAdvance: () => void
}

/** The verified bytes of a share: complete files, and streams while it arrives, which outlive a pause of the swarm. */
export class Content {
  /** Where each stream is, for the scheduler. */
  readonly positions: ReadPositions
  readonly #options: ContentOptions
  readonly #closed = new AbortController()

  constructor(options: ContentOptions) {
    this.#options = options
    this.positions = new ReadPositions(options.metainfo.pieceLength)
  }

  /**
   * Bytes [start, to) of the content as they arrive, fetched from `start` on before anything else. Nothing is requested
   * before the first pull, and no more than the read-ahead is fetched beyond what was pulled. Cancelling the stream ends
   * its priority. Errors: those of the store; `cancelled` after `close`.
   */
  read(start: number, to: number): ReadableStream<Uint8Array<ArrayBuffer>> {
    const { held, metainfo, onAdvance, side } = this.#options
    const { length: total, pieceLength } = metainfo
    const end = Math.min(to, total)
    const cancelled = new AbortController()
    const signal = AbortSignal.any([cancelled.signal, this.#closed.signal])
    let at = start
    let deprioritize = () => {}
    return new ReadableStream(
      {
        start: () => {
          deprioritize = this.#prioritize(() => at, end)
          // The last piece of an earlier range, unless this one begins in it.
          this.#release(Math.floor(start / pieceLength) - 1)
        },
        pull: async controller => {
          if (at >= end) {
            deprioritize()
            controller.close()
            return
          }
          const index = Math.floor(at / pieceLength)
          const pieceStart = index * pieceLength
          const pieceEnd = Math.min(pieceStart + pieceLength, end)
          try {
            onAdvance()
            await held.arrival(index, signal)
            const length = Math.min(CHUNK_BYTES, pieceEnd - at)
            // A copy: the store may return a view into its cache, and the consumer may transfer what it gets.
            const bytes = (await side.store.read(index, at - pieceStart, length)).slice()
            at += length
            // A piece that the range ends in may begin the next file, which is read next.
            if (at === pieceStart + pieceLength) this.#release(index)
            controller.enqueue(bytes)
          } catch (reason) {
            deprioritize()
            throw reason
          }
        },
        cancel: () => {
          deprioritize()
          cancelled.abort()
        },
      },
      { highWaterMark: 0 },
    )
  }

  /** A complete file of a download, by reference. Errors: `storage_failed`. */
  async file(index: number): Promise<Blob> {
    const { held, metainfo, side } = this.#options
    const file = metainfo.files[index]
    if (side.role !== 'reader' || !file || held.fileBytes[index] !== file.length) {
      throw new AppError('storage_failed', `file ${index} is not complete`)
    }
    return side.store.file(index)
  }

  /** See `SwarmEngine.verify`. */
  async verify(piece: number): Promise<boolean> {
    const { held, side } = this.#options
    if (side.role !== 'reader' || !held.has(piece)) return true
    return (await side.store.verify?.(piece)) ?? true
  }

  /** Ends every stream with `cancelled`. */
  close(): void {
    this.#closed.abort()
  }

  #prioritize(at: () => number, end: number): () => void {
    const remove = this.positions.add(at, end)
    this.#options.onPositionsChanged()
    return () => {
      remove()
      this.#options.onPositionsChanged()
    }
  }

  /** The reader is past this piece: a store that only passes pieces on drops it and all before it. */
  #release(piece: number): void {
    const { held, side } = this.#options
    if (side.role !== 'reader') return
    for (const released of side.store.release?.(piece) ?? []) held.release(released)
  }
}
