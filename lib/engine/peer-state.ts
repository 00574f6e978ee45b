import { BLOCK_BYTES, type BlockRun, type PieceProgress } from './piece-progress.ts'
import type { Wire } from './webtorrent.ts'

/** Bytes one peer may be asked for at a time: about two seconds of what it sends, within these. */
const WINDOW_START_BYTES = 1024 * 1024
const WINDOW_MIN_BYTES = 256 * 1024
const WINDOW_MAX_BYTES = 4 * 1024 * 1024

/**
 * Seconds that one block may take at the peer's rate: a peer is given up when nothing comes for 30 s, and one whose
 * sender divides a small limit among many readers must not be.
 */
const BLOCK_SECONDS = 0.25

/** Requests a peer that says nothing else (BEP 10 `reqq`) is sure to queue. */
const REQUESTS_MAX = 250

/** What the scheduler knows of one peer. */
export class PeerState {
  readonly wire: Wire
  /** Largest block it answers, in bytes. */
  blockBytes = BLOCK_BYTES
  /** Asked for and not here, in bytes. */
  outstanding = 0
  /** The piece it is at. */
  current: PieceProgress | null = null
  /** When we looked whether it has anything for us. */
  interestAt = Number.NEGATIVE_INFINITY

  constructor(wire: Wire) {
    this.wire = wire
  }

  /** True while it may be asked for more. */
  get hasRoom(): boolean {
    return this.outstanding < this.#windowBytes && this.wire.requests.length < this.#requestsMax
  }

  /** Reserve blocks of a piece for it; a piece that failed before is fetched from one peer alone. */
  reserve(progress: PieceProgress): BlockRun | null {
    const { peerId } = this.wire
    if (progress.only !== null && progress.only !== peerId) return null
    const run = progress.reserve(Math.min(this.blockBytes, BLOCK_SECONDS * this.wire.downloadSpeed()))
    if (run && progress.suspect) progress.only = peerId
    return run
  }

  get #requestsMax(): number {
    const { reqq } = this.wire.peerExtendedHandshake
    return typeof reqq === 'number' && reqq > 0 ? Math.min(reqq, REQUESTS_MAX) : REQUESTS_MAX
  }

  get #windowBytes(): number {
    if (this.wire.downloaded === 0) return WINDOW_START_BYTES
    return Math.min(WINDOW_MAX_BYTES, Math.max(WINDOW_MIN_BYTES, 2 * this.wire.downloadSpeed()))
  }
}
