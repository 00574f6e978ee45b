import type { Wire } from '../webtorrent-types.ts'

/** The block size of BEP 3 peers, in bytes. */
export const BLOCK_BYTES = 16 * 1024

const FREE = 0
const REQUESTED = 1
const RECEIVED = 2

/** Part of a piece, on block boundaries; bytes. */
export interface BlockRun {
  readonly offset: number
  readonly length: number
}

/** An incomplete piece: which blocks are received, which are requested, and who (`Source`) sent them. */
export class PieceProgress<Source = Wire> {
  readonly index: number
  readonly length: number
  /** The senders of its bytes. */
  readonly sources = new Set<Source>()
  /** After a failed hash: the only peer that may send this piece, so that it alone is responsible for the next failure. */
  exclusive: {
    readonly source: Source /** Milliseconds of `performance.now()`. */
    readonly since: number
  } | null = null
  /** The peer that is on trial with this piece; others help only when nothing else is left to do. */
  trial: Source | null = null
  /** True for a piece that failed its hash before. */
  readonly suspect: boolean
  readonly #blocks: Uint8Array
  #bytes: Uint8Array<ArrayBuffer> | null = null
  #free: number
  #missing: number
  /** There is no free block before this one. */
  #freeFrom = 0

  constructor(index: number, length: number, { suspect = false } = {}) {
    this.index = index
    this.length = length
    this.suspect = suspect
    this.#blocks = new Uint8Array(Math.ceil(length / BLOCK_BYTES))
    this.#free = this.#blocks.length
    this.#missing = this.#blocks.length
  }

  /** True when a block is neither received nor requested. */
  get hasFree(): boolean {
    return this.#free > 0
  }

  get complete(): boolean {
    return this.#missing === 0
  }

  /** Reserve the first free run, at most `maxBytes` (at least one block) long; null when nothing is free. */
  reserve(maxBytes: number): BlockRun | null {
    if (this.#free === 0) return null
    let first = this.#freeFrom
    while (this.#blocks[first] !== FREE) first++
    const most = Math.max(1, Math.floor(maxBytes / BLOCK_BYTES))
    let end = first
    while (end < this.#blocks.length && end - first < most && this.#blocks[end] === FREE) {
      this.#blocks[end++] = REQUESTED
    }
    this.#free -= end - first
    this.#freeFrom = end
    const offset = first * BLOCK_BYTES
    return { offset, length: Math.min(end * BLOCK_BYTES, this.length) - offset }
  }

  /** Free the blocks of a request that will not be answered, except those received from elsewhere. */
  release({ offset, length }: BlockRun): void {
    for (const block of blocksOf(offset, length)) {
      if (this.#blocks[block] !== REQUESTED) continue
      this.#blocks[block] = FREE
      this.#free++
      this.#freeFrom = Math.min(this.#freeFrom, block)
    }
  }

  /** True when every block of `run` is received. */
  covers({ offset, length }: BlockRun): boolean {
    return blocksOf(offset, length).every(block => this.#blocks[block] === RECEIVED)
  }

  /** Add what `source` sent for a reserved run. Blocks that were received already stay as they are. */
  put(offset: number, bytes: Uint8Array, source: Source): void {
    this.#bytes ??= new Uint8Array(this.length)
    for (const block of blocksOf(offset, bytes.length)) {
      if (this.#blocks[block] === RECEIVED) continue
      const at = block * BLOCK_BYTES
      const part = bytes.subarray(at - offset, at - offset + BLOCK_BYTES)
      this.#bytes.set(part, at)
      if (this.#blocks[block] === FREE) this.#free--
      this.#blocks[block] = RECEIVED
      this.#missing--
      this.sources.add(source)
    }
  }

  /** The complete piece. The caller owns the buffer; this object is done. */
  takeBytes(): Uint8Array<ArrayBuffer> {
    if (!this.#bytes || !this.complete) throw new Error(`piece ${this.index} is not complete`)
    const bytes = this.#bytes
    this.#bytes = null
    return bytes
  }
}

function blocksOf(offset: number, length: number): number[] {
  const first = offset / BLOCK_BYTES
  return Array.from({ length: Math.ceil(length / BLOCK_BYTES) }, (_, index) => first + index)
}
