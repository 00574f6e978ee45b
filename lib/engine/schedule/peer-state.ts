import type { Wire } from '../webtorrent-types.ts'
import { AnswerTimes } from './answer-times.ts'
import { BLOCK_BYTES, type BlockRun, type PieceProgress } from './piece-progress.ts'
import { RequestWindow } from './request-window.ts'

/**
 * Seconds that one block may take at the peer's rate: a peer is closed when no block arrives for long, which must not happen
 * to one that divides a low rate limit among many readers.
 */
const BLOCK_SECONDS = 0.25

/** A piece that a peer rejected is not requested from it again for this long; sooner while no other connected peer has it. */
const REFUSED_MS = 10_000
const REFUSED_ALONE_MS = 2_500

/** Requests that every peer queues, and most that are sent to one which announces how many it queues (BEP 10 `reqq`). */
const REQUESTS_MAX = 250
const ANNOUNCED_REQUESTS_MAX = 2048

/** A peer that chokes must reject the requests it will not serve (BEP 6); those of one that has not after this long are taken back. */
const CHOKED_MS = 30_000

/** Checking whether a peer has anything for us walks all pieces; its `have` messages are noticed at once anyway. */
const INTEREST_INTERVAL_MS = 500

/** The scheduler's state of one peer. */
export class PeerState {
  readonly wire: Wire
  /** Largest block it answers, in bytes. */
  blockBytes = BLOCK_BYTES
  /** How many bytes may be requested from it at a time. */
  readonly window: RequestWindow
  /** Bytes requested and not received. */
  outstanding = 0
  /** The piece its last blocks were requested from. */
  current: PieceProgress | null = null
  #proven = false
  /** When we last checked whether it has anything for us. */
  #interestAt = Number.NEGATIVE_INFINITY
  /** How soon it answers. */
  readonly answers = new AnswerTimes()
  /** Pieces it rejected, and when. */
  readonly #refused = new Map<number, number>()
  readonly #isShared: (piece: number) => boolean

  /** `isShared`: true for a piece that several connected peers have. */
  constructor(wire: Wire, isShared: (piece: number) => boolean, connections?: () => number) {
    this.wire = wire
    this.#isShared = isShared
    this.window = new RequestWindow(connections)
  }

  /** True once a piece with bytes of this peer was verified. */
  get proven(): boolean {
    return this.#proven
  }

  prove(): void {
    this.#proven = true
  }

  /** True for a piece that it has and did not reject lately. */
  offers(piece: number, now: number): boolean {
    if (!this.wire.peerPieces.get(piece)) return false
    const refusedAt = this.#refused.get(piece)
    return (
      refusedAt === undefined || now - refusedAt >= (this.#isShared(piece) ? REFUSED_MS : REFUSED_ALONE_MS)
    )
  }

  /** True when it rejected something lately. */
  hasRejected(now: number): boolean {
    for (const [piece, refusedAt] of this.#refused) {
      if (now - refusedAt < REFUSED_MS) return true
      this.#refused.delete(piece)
    }
    return false
  }

  /** It rejected this piece. */
  refuse(piece: number, now: number): void {
    // The oldest first.
    this.#refused.delete(piece)
    this.#refused.set(piece, now)
  }

  /** Tell it whether we are interested (BEP 3): whether it has a piece of use to us. */
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

  /** It chokes us: take our requests back when it leaves them without an answer. */
  expectRejects(): void {
    const { wire } = this
    const open = [...wire.requests]
    if (open.length === 0) return
    setTimeout(() => {
      if (!wire.peerChoking || wire.destroyed) return
      for (const request of open) {
        if (wire.requests.includes(request)) wire.cancel(request.piece, request.offset, request.length)
      }
    }, CHOKED_MS)
  }

  /** Call when its pieces or our wanted pieces have changed. */
  reconsider(): void {
    this.#interestAt = Number.NEGATIVE_INFINITY
  }

  /** True while more may be requested from it; one that has stopped answering is asked for one block at a time. */
  get hasRoom(): boolean {
    if (this.answers.stopped) return this.outstanding === 0
    return (
      this.outstanding < this.window.bytes(this.wire.downloadSpeed()) &&
      this.wire.requests.length < this.#requestsMax
    )
  }

  /** Reserve blocks of a piece for it; a piece that failed its hash becomes exclusive to it. */
  reserve(progress: PieceProgress): BlockRun | null {
    const { wire } = this
    if (progress.exclusive !== null && progress.exclusive.source !== wire) return null
    const run = progress.reserve(Math.min(this.blockBytes, BLOCK_SECONDS * wire.downloadSpeed()))
    if (run && progress.suspect) progress.exclusive ??= { source: wire, since: performance.now() }
    return run
  }

  get #requestsMax(): number {
    const { reqq } = this.wire.peerExtendedHandshake
    return typeof reqq === 'number' && reqq > 0 ? Math.min(reqq, ANNOUNCED_REQUESTS_MAX) : REQUESTS_MAX
  }
}
