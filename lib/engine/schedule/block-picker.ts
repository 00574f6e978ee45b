import { debug } from '../../base/debug.ts'
import { pieceSize } from '../../storage/piece-store.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BegunPieces, BlockRequest } from './begun-pieces.ts'
import type { PeerState } from './peer-state.ts'
import type { PieceProgress } from './piece-progress.ts'
import type { RarestFirst } from './rarest-first.ts'
import type { ReadPositions } from './read-positions.ts'
import type { WebSeedClaims } from './web-seed-claims.ts'

const log = debug('engine:schedule')

/** Most bytes of incomplete pieces: they are held in memory. */
const BEGUN_MAX_BYTES = 32 * 1024 * 1024

/** Most bytes of unverified pieces (at least one piece) from a peer none of whose pieces has been verified yet. */
const TRIAL_MAX_BYTES = 1024 * 1024

/**
 * A request this old may be sent to another peer too: soon where a reader waits for it and in the end game, when nothing
 * else is left to request; never at once, or each small download would be fetched twice.
 */
export const STALE_SOON_MS = 1_500
const STALE_MS = 5_000

/** The scheduler's state that blocks are picked from. */
interface PickerView {
  readonly metainfo: Metainfo
  readonly begun: BegunPieces
  readonly claims: WebSeedClaims
  readonly readPositions: ReadPositions
  readonly rarest: RarestFirst
  readonly isMissing: (piece: number) => boolean
  readonly isWanted: (piece: number) => boolean
  readonly peerCount: () => number
  /** Pieces with bytes of this peer that are being verified. */
  readonly beingVerified: (peer: PeerState) => number
}

/**
 * Decides which blocks are requested from a peer next, in this order: what is being read right now, started pieces, the
 * rarest wanted piece, and in the end game what slower peers have not answered. A peer without a verified piece is on
 * trial: it starts pieces of its own, few at a time, so that a malicious peer spoils little, nothing that others sent, and
 * is proven to be the sender.
 */
export class BlockPicker {
  readonly #view: PickerView
  #endGame = false

  constructor(view: PickerView) {
    this.#view = view
  }

  /** The blocks to request from `peer`, reserved for it; null when there are none now. `now` in milliseconds. */
  next(peer: PeerState, now: number): BlockRequest | null {
    const started = this.#nextToRead(peer, now) ?? this.#nextStarted(peer, now, isFor)
    if (started) return started
    const mayStart = this.#mayStart(peer)
    if (!mayStart && !peer.proven) return null
    return (
      (mayStart ? this.#nextRarest(peer, now) : null) ??
      this.#nextStarted(peer, now) ??
      this.#nextOverdue(peer, now)
    )
  }

  #nextToRead(peer: PeerState, now: number): BlockRequest | null {
    const { begun, claims, isMissing, readPositions } = this.#view
    for (const piece of readPositions.pieces()) {
      if (!isMissing(piece) || !peer.offers(piece, now)) continue
      if (claims.has(piece) && !claims.isLate(piece, now, STALE_SOON_MS)) continue
      const known = begun.get(piece)
      if (!peer.proven && !(known ? isFor(known, peer) : this.#mayStart(peer))) continue
      const progress = known ?? this.#start(piece, peer)
      const run = peer.reserve(progress)
      if (run) return { ...run, progress }
      const overdue = begun.overdue(progress, peer, now, STALE_SOON_MS)
      if (overdue) return overdue
    }
    return null
  }

  #nextStarted(peer: PeerState, now: number, isEligible: typeof isFor = () => true): BlockRequest | null {
    const { begun, isWanted } = this.#view
    const { current } = peer
    // It may have been dropped since.
    const isOpen = current !== null && begun.get(current.index) === current
    const candidates = isOpen ? [current, ...begun.all()] : begun.all()
    for (const progress of candidates) {
      if (!progress.hasFree || !isEligible(progress, peer)) continue
      if (!peer.offers(progress.index, now) || !isWanted(progress.index)) continue
      const run = peer.reserve(progress)
      if (!run) continue
      peer.current = progress
      return { ...run, progress }
    }
    peer.current = null
    return null
  }

  #nextRarest(peer: PeerState, now: number): BlockRequest | null {
    const piece = this.#view.rarest.draw(index => peer.offers(index, now), now)
    if (piece < 0) return null
    const progress = this.#start(piece, peer)
    const run = peer.reserve(progress)
    if (!run) return null
    peer.current = progress
    return { ...run, progress }
  }

  /** Nothing is free for this peer: request what others are late with. */
  #nextOverdue(peer: PeerState, now: number): BlockRequest | null {
    const { begun, claims, isMissing, rarest } = this.#view
    const endGame = rarest.draw(() => true, now) < 0
    if (endGame && !this.#endGame) log('end game', { started: begun.count })
    this.#endGame = endGame
    const lateMs = endGame ? STALE_SOON_MS : STALE_MS
    for (const progress of begun.all()) {
      if (!peer.offers(progress.index, now)) continue
      const overdue = begun.overdue(progress, peer, now, lateMs)
      if (overdue) return overdue
    }
    for (const piece of claims.late(now, lateMs)) {
      if (begun.has(piece) || !isMissing(piece) || !peer.offers(piece, now)) continue
      const progress = this.#start(piece, peer)
      const run = peer.reserve(progress)
      if (run) return { ...run, progress }
    }
    return null
  }

  #mayStart(peer: PeerState): boolean {
    const { begun, beingVerified, metainfo, peerCount } = this.#view
    if (peer.proven) {
      return begun.count <= peerCount() || begun.count * metainfo.pieceLength < BEGUN_MAX_BYTES
    }
    const unchecked = begun.trialsOf(peer.wire) + beingVerified(peer)
    return unchecked === 0 || (unchecked + 1) * metainfo.pieceLength <= TRIAL_MAX_BYTES
  }

  #start(piece: number, peer: PeerState): PieceProgress {
    const progress = this.#view.begun.begin(piece, pieceSize(this.#view.metainfo, piece))
    if (!peer.proven) progress.trial = peer.wire
    return progress
  }
}

/** True for a piece this peer should complete before it starts another. */
function isFor({ trial }: PieceProgress, { proven, wire }: PeerState): boolean {
  return trial === null ? proven : trial === wire
}
