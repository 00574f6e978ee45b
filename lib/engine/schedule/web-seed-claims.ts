import type { Metainfo } from '../../torrent/metainfo.ts'
import type { WebSeedScope } from '../web-seeds/web-seed-policy.ts'
import type { ReadPositions } from './read-positions.ts'

/**
 * A piece that was requested from peers or another web seed this long ago may be fetched a second time: soon where a reader
 * waits for it, later when nothing else is left to fetch.
 */
const LATE_SOON_MS = 1_500
const LATE_MS = 5_000

/** Peers are late sooner once servers are used for everything: they give more, and would wait for the last pieces. */
const PEERS_LATE_MS = 750

/** A web seed that has sent nothing yet may never do so: its pieces are free for others sooner. */
export const UNPROVEN_LATE_MS = 750

/** A web seed, as far as its claims depend on it. */
export interface Claimant {
  /** It has sent something. */
  readonly proven: boolean
}

/** A run of whole pieces that one web seed is fetching. */
export interface Claim {
  readonly first: number
  readonly count: number
  readonly by: Claimant
  /** Milliseconds of `performance.now()`. */
  readonly since: number
}

/** What one web seed can take. */
interface ClaimRequest {
  readonly by: Claimant
  readonly scope: WebSeedScope
  /** True for a piece that the web seed can serve. */
  readonly accepts: (piece: number) => boolean
  /** Most bytes of neighbouring pieces in one claim; a power of two. */
  readonly runBytes: number
  /** Only what is being read right now. */
  readonly urgent: boolean
}

/** The scheduler's state that claims are made from. */
interface ClaimView {
  readonly metainfo: Metainfo
  readonly readPositions: ReadPositions
  /** Wanted, not here, and not requested. */
  readonly isOpen: (piece: number) => boolean
  /** Wanted, and not here. */
  readonly isMissing: (piece: number) => boolean
  /** True for a piece that peers have started and are late with by `lateMs`. */
  readonly isOverdue: (piece: number, now: number, lateMs: number) => boolean
  /** Peers that have each piece. */
  readonly availability: ArrayLike<number>
  /** The rarest open piece that is accepted, or -1. */
  readonly draw: (accepts: (piece: number) => boolean, now: number) => number
}

/**
 * The pieces that web seeds fetch. They get only whole, untouched pieces, so that no piece mixes bytes of peers and servers,
 * and pieces that others are late with, again as a whole: the first complete copy wins.
 */
export class WebSeedClaims {
  readonly #view: ClaimView
  readonly #pieces = new Map<number, Claim>()

  constructor(view: ClaimView) {
    this.#view = view
  }

  has(piece: number): boolean {
    return this.#pieces.has(piece)
  }

  /** True for a piece that a web seed claimed at least `lateMs` ago. `now` in milliseconds. */
  isLate(piece: number, now: number, lateMs: number): boolean {
    return now - (this.#pieces.get(piece)?.since ?? now) >= lateMs
  }

  /** The pieces that web seeds claimed at least `lateMs` ago. */
  *late(now: number, lateMs: number): Iterable<number> {
    for (const piece of this.#pieces.keys()) if (this.isLate(piece, now, lateMs)) yield piece
  }

  /** Claim what to fetch next: what is being read, the rarest, what others are late with; null when there is nothing. */
  take(request: ClaimRequest, now: number): Claim | null {
    const { readPositions, draw } = this.#view
    if (request.scope === 'nothing') return null
    const accepts = (piece: number) =>
      request.accepts(piece) && (request.scope === 'all' || this.#view.availability[piece] === 0)
    const isOpen = (piece: number) => this.#view.isOpen(piece) && accepts(piece)
    const late = (piece: number, lateMs: number) =>
      accepts(piece) && this.#view.isMissing(piece) && this.#isOverdue(piece, request, now, lateMs)
    for (const piece of readPositions.pieces()) {
      if (isOpen(piece)) {
        return this.#reserve(piece, this.#reach(piece, isOpen, request.runBytes).last, request.by, now)
      }
      if (late(piece, LATE_SOON_MS)) return this.#reserve(piece, piece, request.by, now)
    }
    if (request.urgent) return null
    const drawn = draw(accepts, now)
    if (drawn >= 0) {
      const { first, last } = this.#reach(drawn, isOpen, request.runBytes)
      return this.#reserve(first, last, request.by, now)
    }
    for (let piece = 0; piece < this.#view.metainfo.pieceCount; piece++) {
      if (!late(piece, LATE_MS)) continue
      const { first, last } = this.#reach(piece, other => late(other, LATE_MS), request.runBytes)
      return this.#reserve(first, last, request.by, now)
    }
    return null
  }

  /** Free the rest of a claim. */
  release(claim: Claim): void {
    for (let piece = claim.first; piece < claim.first + claim.count; piece++) {
      if (this.#pieces.get(piece) === claim) this.#pieces.delete(piece)
    }
  }

  /** The piece has arrived, from any source. */
  end(piece: number): void {
    this.#pieces.delete(piece)
  }

  /** True while a piece of the claim is still missing. */
  isNeeded({ count, first }: Claim): boolean {
    for (let piece = first; piece < first + count; piece++) if (this.#view.isMissing(piece)) return true
    return false
  }

  /** What is missing: anything at all, and anything that no connected peer has. */
  outlook(): { readonly missing: boolean; readonly unheld: boolean } {
    const { availability, isMissing, metainfo } = this.#view
    let missing = false
    for (let piece = 0; piece < metainfo.pieceCount; piece++) {
      if (!isMissing(piece)) continue
      missing = true
      if (availability[piece] === 0) return { missing, unheld: true }
    }
    return { missing, unheld: false }
  }

  #isOverdue(piece: number, { by, scope }: ClaimRequest, now: number, lateMs: number): boolean {
    const claim = this.#pieces.get(piece)
    if (claim) {
      const late = claim.by.proven ? lateMs : Math.min(lateMs, UNPROVEN_LATE_MS)
      return claim.by !== by && now - claim.since >= late
    }
    return this.#view.isOverdue(piece, now, scope === 'all' ? Math.min(lateMs, PEERS_LATE_MS) : lateMs)
  }

  /**
   * The pieces around `piece` that are `isOurs`, within one aligned stretch of `runBytes`: so runs stay long to the end, and readers that
   * start at random places have different pieces to exchange.
   */
  #reach(
    piece: number,
    isOurs: (piece: number) => boolean,
    runBytes: number,
  ): { first: number; last: number } {
    const { metainfo } = this.#view
    const most = Math.max(1, Math.floor(runBytes / metainfo.pieceLength))
    const low = piece - (piece % most)
    const high = Math.min(low + most, metainfo.pieceCount) - 1
    let first = piece
    while (first > low && isOurs(first - 1)) first--
    let last = piece
    while (last < high && isOurs(last + 1)) last++
    return { first, last }
  }

  #reserve(first: number, last: number, by: Claimant, since: number): Claim {
    const claim = { first, count: last - first + 1, by, since }
    for (let piece = first; piece <= last; piece++) this.#pieces.set(piece, claim)
    return claim
  }
}
