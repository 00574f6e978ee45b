import type { Wire } from '../webtorrent.ts'
import { BLOCK_BYTES, type BlockRun, type PieceProgress } from './piece-progress.ts'

/** Bytes one peer may be asked for at a time: about two seconds of what it sends, within these. */
const WINDOW_START_BYTES = 1024 * 1024
const WINDOW_MIN_BYTES = 256 * 1024
const WINDOW_MAX_BYTES = 4 * 1024 * 1024

/**
 * Seconds that one block may take at the peer's rate: a peer is given up when nothing comes for 30 s, and one whose
 * sender divides a small limit among many readers must not be.
 */
const BLOCK_SECONDS = 0.25

/** A piece that a peer would not send is not asked of it again for this long. */
const REFUSED_MS = 10_000

/** Requests a peer that says nothing else (BEP 10 `reqq`) is sure to queue. */
const REQUESTS_MAX = 250

/** Looking whether a peer has anything for us walks all pieces; what it gains meanwhile is seen at once. */
const INTEREST_INTERVAL_MS = 500

/** What the scheduler knows of one peer. */
export class PeerState {
  readonly wire: Wire
  /** Largest block it answers, in bytes. */
  blockBytes = BLOCK_BYTES
  /** Asked for and not here, in bytes. */
  outstanding = 0
  /** The piece it is at. */
  current: PieceProgress | null = null
  #proven = false
  /** When we looked whether it has anything for us. */
  #interestAt = Number.NEGATIVE_INFINITY
  /** Pieces it would not send, and until when they are not asked of it. */
  readonly #refused = new Map<number, number>()

  constructor(wire: Wire) {
    this.wire = wire
  }

  /** True once a piece with bytes of its own was true. */
  get proven(): boolean {
    return this.#proven
  }

  prove(): void {
    this.#proven = true
  }

  /** True for a piece that it has and may be asked for. */
  offers(piece: number, now: number): boolean {
    return this.wire.peerPieces.get(piece) && now >= (this.#refused.get(piece) ?? 0)
  }

  /** It would not send this piece. */
  refuse(piece: number, now: number): void {
    this.#refused.set(piece, now + REFUSED_MS)
  }

  /** Tell it whether it has a piece that is of use to us (BEP 3). */
  showInterest(now: number, pieceCount: number, isOfUse: (piece: number) => boolean): void {
    const { wire } = this
    if ((wire.amInterested && this.outstanding > 0) || now - this.#interestAt < INTEREST_INTERVAL_MS) return
    this.#interestAt = now
    for (let piece = 0; piece < pieceCount; piece++) {
      if (!wire.peerPieces.get(piece) || !isOfUse(piece)) continue
      wire.interested()
      return
    }
    wire.uninterested()
  }

  /** What it has, or what we want, is another now. */
  reconsider(): void {
    this.#interestAt = Number.NEGATIVE_INFINITY
  }

  /** True while it may be asked for more. */
  get hasRoom(): boolean {
    return this.outstanding < this.#windowBytes && this.wire.requests.length < this.#requestsMax
  }

  /** Reserve blocks of a piece for it; a piece that failed before is fetched from one peer alone. */
  reserve(progress: PieceProgress): BlockRun | null {
    const { wire } = this
    if (progress.only !== null && progress.only.source !== wire) return null
    const run = progress.reserve(Math.min(this.blockBytes, BLOCK_SECONDS * wire.downloadSpeed()))
    if (run && progress.suspect) progress.only ??= { source: wire, since: performance.now() }
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
