import type { PieceStore } from '../../storage/piece-store.ts'
import type { Wire } from '../webtorrent-types.ts'

/** Bytes the store may hold unwritten before requests stop: a slow disk must not make memory grow. */
const PENDING_MAX_BYTES = 16 * 1024 * 1024

/** Hands whole pieces to the store, and knows which are still being verified and written. */
export class PieceWriter {
  readonly #store: PieceStore
  /** The peers that sent each piece that is being written; none for a web seed's. */
  readonly #writing = new Map<number, ReadonlySet<Wire>>()

  constructor(store: PieceStore) {
    this.#store = store
  }

  /** True while the store accepts more without piling it up in memory. */
  get hasRoom(): boolean {
    return this.#store.pendingBytes < PENDING_MAX_BYTES
  }

  /** True while this piece is being verified and written. */
  has(piece: number): boolean {
    return this.#writing.has(piece)
  }

  /** Pieces with bytes of this peer that are being verified. */
  countFrom(wire: Wire): number {
    let count = 0
    for (const sources of this.#writing.values()) if (sources.has(wire)) count++
    return count
  }

  /**
   * Takes over the buffer. `onResult` gets false when the piece fails its hash and is not stored; it runs in the same turn
   * in which the piece stops being written, so that nobody finds it neither written nor held. Errors: those of the store.
   */
  async write(
    piece: number,
    bytes: Uint8Array<ArrayBuffer>,
    sources: ReadonlySet<Wire>,
    onResult: (fits: boolean) => void,
  ): Promise<void> {
    this.#writing.set(piece, sources)
    let fits: boolean
    try {
      fits = await this.#store.write(piece, bytes)
    } finally {
      this.#writing.delete(piece)
    }
    onResult(fits)
  }
}
