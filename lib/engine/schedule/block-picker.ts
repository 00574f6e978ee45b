import { pieceSize } from '../../storage/piece-store.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BegunPieces, Wanted } from './begun-pieces.ts'
import type { PeerState } from './peer-state.ts'
import type { PieceProgress } from './piece-progress.ts'
import type { RarestFirst } from './rarest-first.ts'
import type { Readings } from './read-positions.ts'
import type { Claims } from './web-seed-claims.ts'

/** Most bytes of pieces that are begun at a time: they are held in memory until they are whole. */
const BEGUN_MAX_BYTES = 32 * 1024 * 1024

/** Bytes of unchecked pieces, one at least, that a peer may have sent before the first of its pieces was true. */
const TRIAL_MAX_BYTES = 1024 * 1024

/**
 * A request this old may be asked of another peer too: soon where somebody waits for it and at the very end, when there
 * is nothing else to ask for; never at once, or each small download would be fetched twice.
 */
export const STALE_SOON_MS = 1_500
const STALE_MS = 5_000

/** What is picked from; the scheduler keeps it. */
interface PickerView {
  readonly metainfo: Metainfo
  readonly begun: BegunPieces
  readonly claims: Claims
  readonly readings: Readings
  readonly rarest: RarestFirst
  readonly isMissing: (piece: number) => boolean
  readonly isWanted: (piece: number) => boolean
  readonly peerCount: () => number
  /** Pieces with bytes of this peer that are being checked. */
  readonly beingChecked: (peer: PeerState) => number
}

/**
 * Decides which blocks a peer is asked for next. In this order: what somebody reads right now, pieces that are begun,
 * the rarest wanted piece, and at the very end what a slower peer still owes. A peer whose first true piece is still to
 * come begins pieces of its own, few at a time: what a liar spoils is its own and little, and its failure is proof.
 */
export class BlockPicker {
  readonly #view: PickerView

  constructor(view: PickerView) {
    this.#view = view
  }

  /** The blocks to ask `peer` for, reserved for it, or null when it can do nothing now. `now` in milliseconds. */
  next(peer: PeerState, now: number): Wanted | null {
    const started = this.#toRead(peer, now) ?? this.#begun(peer, now, isFor)
    if (started) return started
    const mayBegin = this.#mayBegin(peer)
    if (!mayBegin && !peer.proven) return null
    return (mayBegin ? this.#rarest(peer, now) : null) ?? this.#begun(peer, now) ?? this.#owed(peer, now)
  }

  #toRead(peer: PeerState, now: number): Wanted | null {
    const { begun, claims, isMissing, readings } = this.#view
    for (const piece of readings.pieces()) {
      if (!isMissing(piece) || !peer.offers(piece, now)) continue
      if (claims.has(piece) && !claims.isLate(piece, now, STALE_SOON_MS)) continue
      const known = begun.get(piece)
      if (!peer.proven && !(known ? isFor(known, peer) : this.#mayBegin(peer))) continue
      const progress = known ?? this.#begin(piece, peer)
      const run = peer.reserve(progress)
      if (run) return { ...run, progress }
      const owed = begun.owed(progress, peer, now, STALE_SOON_MS)
      if (owed) return owed
    }
    return null
  }

  #begun(peer: PeerState, now: number, isEligible: typeof isFor = () => true): Wanted | null {
    const { begun, isWanted } = this.#view
    const candidates = peer.current ? [peer.current, ...begun.all()] : begun.all()
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

  #rarest(peer: PeerState, now: number): Wanted | null {
    const piece = this.#view.rarest.draw(index => peer.offers(index, now), now)
    if (piece < 0) return null
    const progress = this.#begin(piece, peer)
    const run = peer.reserve(progress)
    if (!run) return null
    peer.current = progress
    return { ...run, progress }
  }

  /** Nothing is free for this peer: help with what others are late with. */
  #owed(peer: PeerState, now: number): Wanted | null {
    const { begun, claims, isMissing, rarest } = this.#view
    const atTheEnd = rarest.draw(() => true, now) < 0
    const lateMs = atTheEnd ? STALE_SOON_MS : STALE_MS
    for (const progress of begun.all()) {
      if (!peer.offers(progress.index, now)) continue
      const owed = begun.owed(progress, peer, now, lateMs)
      if (owed) return owed
    }
    for (const piece of claims.late(now, lateMs)) {
      if (begun.has(piece) || !isMissing(piece) || !peer.offers(piece, now)) continue
      const progress = this.#begin(piece, peer)
      const run = peer.reserve(progress)
      if (run) return { ...run, progress }
    }
    return null
  }

  #mayBegin(peer: PeerState): boolean {
    const { begun, beingChecked, metainfo, peerCount } = this.#view
    if (peer.proven) {
      return begun.count <= peerCount() || begun.count * metainfo.pieceLength < BEGUN_MAX_BYTES
    }
    const unchecked = begun.trialsOf(peer.wire) + beingChecked(peer)
    return unchecked === 0 || (unchecked + 1) * metainfo.pieceLength <= TRIAL_MAX_BYTES
  }

  #begin(piece: number, peer: PeerState): PieceProgress {
    const progress = this.#view.begun.begin(piece, pieceSize(this.#view.metainfo, piece))
    if (!peer.proven) progress.trial = peer.wire
    return progress
  }
}

/** True for a piece this peer should help with before it begins another. */
function isFor({ trial }: PieceProgress, { proven, wire }: PeerState): boolean {
  return trial === null ? proven : trial === wire
}
