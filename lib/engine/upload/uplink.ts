import type { TokenBuckets } from '../../base/token-bucket.ts'
import type { Wire } from '../webtorrent-types.ts'

/** An uplink counts as thin for this long after a request had to wait for it; one with a limit also while peers come. */
const THIN_MS = 15_000

/** An uplink without a limit is thin when every peer's connection needs this long for what it was handed. */
const LINE_DELAY_MS = 1_000

/** A peer that was sent a piece and has not said that it has it by now may never pass it on. */
const PASSED_ON_MS = 5_000

/** One with open requests for it has more time: its turn may come late. */
const COMING_MAX_MS = 10_000

/** A piece that a peer was told to ask others for is sent to it when it asks again after this long, or as soon as nobody else gets it. */
const AGAIN_MS = 2_000
const AGAIN_COMING_MS = 12_000

/** A request that cannot be refused waits this long for others to answer it, while requests of other peers waited this short a time ago. */
const WAIT_MAX_MS = 4_000
const OTHERS_WAIT_MS = 500

/** When a request is answered: now; later, if others don't do so first; or not, because other peers have the piece. */
type Verdict = 'now' | 'later' | 'elsewhere'

interface PeerOptions {
  /** True for a peer that asks others for what is rejected, and not us over and over. */
  readonly takesRejects: () => boolean
  /** Milliseconds until what its connection was handed has been sent. */
  readonly delayMs: () => number
}

interface UplinkPeer extends PeerOptions {
  /** It came with every piece: it has them from elsewhere, and may have as little room as we. */
  isSeed: boolean
  /** Pieces it was told to ask others for, and since when. */
  readonly refused: Map<number, number>
}

/**
 * Spends a thin uplink once: while requests have to wait for it, each piece goes to one peer first (the aim of BEP 16,
 * without hiding pieces), and the others get it from there. Nobody is turned away for good: whoever asks for a piece again, or
 * has waited long, gets it from us too. One for all peers of a swarm. Times are milliseconds of `performance.now()`.
 */
export class Uplink {
  readonly #pieceCount: number
  readonly #limit: TokenBuckets
  readonly #peers = new Map<Wire, UplinkPeer>()
  /** Whom each piece was sent to first, and when it was asked for or the last of it was sent. */
  readonly #first = new Map<number, { readonly wire: Wire; at: number }>()
  #thinUntil = Number.NEGATIVE_INFINITY
  /** When a request of each peer last waited for the rate. */
  readonly #waitedAt = new Map<Wire, number>()

  /** `limit`: that of all peers together. */
  constructor(pieceCount: number, limit: TokenBuckets) {
    this.#pieceCount = pieceCount
    this.#limit = limit
  }

  addPeer(wire: Wire, options: PeerOptions): void {
    if (this.#limit.rate !== null) this.#thinUntil = performance.now() + THIN_MS
    const peer: UplinkPeer = { ...options, isSeed: false, refused: new Map() }
    this.#peers.set(wire, peer)
    wire.on('have-all', () => {
      peer.isSeed = true
    })
    wire.on('bitfield', () => {
      peer.isSeed = hasAll(wire, this.#pieceCount)
    })
    wire.on('cancel', piece => {
      if (this.#first.get(piece)?.wire === wire) this.#first.delete(piece)
    })
    wire.once('close', () => {
      this.#peers.delete(wire)
      this.#waitedAt.delete(wire)
      for (const [piece, first] of this.#first) if (first.wire === wire) this.#first.delete(piece)
    })
  }

  /** A request of this peer waits because the rate is used up. */
  waits(wire: Wire, now: number): void {
    this.#thinUntil = now + THIN_MS
    this.#waitedAt.set(wire, now)
  }

  /** A block of this piece was sent. */
  sent(wire: Wire, piece: number, now: number): void {
    const first = this.#first.get(piece)
    if (first?.wire === wire) first.at = now
  }

  /** What becomes of a request that came at `askedAt`. Notes its answer, so do as it says. */
  verdict(
    wire: Wire,
    { askedAt, piece }: { readonly piece: number; readonly askedAt: number },
    now: number,
  ): Verdict {
    const peer = this.#peers.get(wire)
    if (peer && this.#isThin(now) && this.#isElsewhere(wire, piece, now)) {
      if (!peer.takesRejects()) {
        if (now - askedAt < WAIT_MAX_MS && this.#othersWait(wire, now)) return 'later'
      } else {
        const refusedAt = peer.refused.get(piece) ?? now
        peer.refused.set(piece, refusedAt)
        const wait = this.#isComing(piece, now) ? AGAIN_COMING_MS : AGAIN_MS
        if (now - refusedAt < wait) return 'elsewhere'
      }
    }
    if (!this.#isComing(piece, now)) this.#first.set(piece, { wire, at: now })
    return 'now'
  }

  #isThin(now: number): boolean {
    if (now < this.#thinUntil) return true
    const busy = [...this.#peers].filter(([wire]) => wire.peerRequests.length > 0)
    if (busy.length < 2 || busy.some(([, peer]) => peer.delayMs() < LINE_DELAY_MS)) return false
    for (const [wire] of busy) this.waits(wire, now)
    return true
  }

  #othersWait(wire: Wire, now: number): boolean {
    for (const [other, at] of this.#waitedAt) if (other !== wire && now - at < OTHERS_WAIT_MS) return true
    return false
  }

  /** True for a piece that another peer has, or gets from us just now. */
  #isElsewhere(wire: Wire, piece: number, now: number): boolean {
    if (this.#isComing(piece, now) && this.#first.get(piece)?.wire !== wire) return true
    for (const [other, { isSeed }] of this.#peers) {
      if (other !== wire && !isSeed && other.peerPieces.get(piece)) return true
    }
    return false
  }

  /** True while the peer that this piece was sent to first is about to have it. */
  #isComing(piece: number, now: number): boolean {
    const first = this.#first.get(piece)
    if (!first || first.wire.peerPieces.get(piece)) return false
    const age = now - first.at
    if (age < PASSED_ON_MS || age >= COMING_MAX_MS) return age < PASSED_ON_MS
    return first.wire.peerRequests.some(request => request.piece === piece)
  }
}

function hasAll({ peerPieces }: Wire, pieceCount: number): boolean {
  for (let piece = 0; piece < pieceCount; piece++) if (!peerPieces.get(piece)) return false
  return true
}
