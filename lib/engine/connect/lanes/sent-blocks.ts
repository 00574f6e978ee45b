/** A block of a request (BEP 3); bytes. */
export interface SentBlock {
  readonly piece: number
  readonly offset: number
  readonly length: number
}

/**
 * Most blocks of one lane that are remembered. A peer has no more requests open than this, so older ones have arrived.
 */
const REMEMBERED_MAX = 4096

/** The blocks that went into one lane, in order, so that those which do not arrive can be sent again. */
export class SentBlocks {
  #blocks: SentBlock[] = []
  #forgotten = 0

  add(block: SentBlock): void {
    this.#blocks.push(block)
    if (this.#blocks.length < 2 * REMEMBERED_MAX) return
    this.#forgotten += this.#blocks.length - REMEMBERED_MAX
    this.#blocks = this.#blocks.slice(-REMEMBERED_MAX)
  }

  /** The blocks after the first `received`, which the peer says it has. */
  after(received: number): readonly SentBlock[] {
    return this.#blocks.slice(Math.max(0, received - this.#forgotten))
  }
}
