import type { Metainfo } from '../../torrent/metainfo.ts'
import type { WebSeedScope } from '../web-seed-policy.ts'
import type { Readings } from './read-positions.ts'

/**
 * A piece that its peers or another web seed owe for this long may be fetched a second time: soon where somebody waits
 * for it, and when there is nothing else to fetch.
 */
const LATE_SOON_MS = 1_500
const LATE_MS = 5_000

/** Whole pieces, one after the other, that one web seed is fetching. */
export interface Claim {
  readonly first: number
  readonly count: number
  /** The web seed, by its URL. */
  readonly by: string
  /** Milliseconds of `performance.now()`. */
  readonly since: number
}

/** What one web seed may be given. */
interface Wish {
  readonly by: string
  readonly scope: WebSeedScope
  /** True for a piece that it may be asked for. */
  readonly accepts: (piece: number) => boolean
  /** Most bytes of neighbours that are one request; a power of two. */
  readonly runBytes: number
  /** Only what somebody reads right now. */
  readonly urgent: boolean
}

/** What claims look at; the scheduler keeps it. */
interface ClaimView {
  readonly metainfo: Metainfo
  readonly readings: Readings
  /** Wanted, not here, and nobody was asked for it. */
  readonly isOpen: (piece: number) => boolean
  /** Wanted, and not here. */
  readonly isMissing: (piece: number) => boolean
  /** True for a piece that peers have begun and owe for `lateMs`. */
  readonly isOwed: (piece: number, now: number, lateMs: number) => boolean
  /** Peers that have each piece. */
  readonly availability: ArrayLike<number>
  /** The rarest open piece that is accepted, or -1. */
  readonly draw: (accepts: (piece: number) => boolean, now: number) => number
}

/**
 * The pieces that web seeds fetch. They are given whole and untouched ones only, so that no piece is made of what peers
 * and servers sent; and what others are late with, whole once more: whoever has all of it first is kept.
 */
export class Claims {
  readonly #view: ClaimView
  readonly #pieces = new Map<number, Claim>()

  constructor(view: ClaimView) {
    this.#view = view
  }

  has(piece: number): boolean {
    return this.#pieces.has(piece)
  }

  /** True for a piece that a web seed owes for `lateMs`. `now` in milliseconds. */
  isLate(piece: number, now: number, lateMs: number): boolean {
    return now - (this.#pieces.get(piece)?.since ?? now) >= lateMs
  }

  /** The pieces that web seeds owe for `lateMs`. */
  *late(now: number, lateMs: number): Iterable<number> {
    for (const piece of this.#pieces.keys()) if (this.isLate(piece, now, lateMs)) yield piece
  }

  /** Reserve what is to be fetched next: what somebody reads, the rarest, what others are late with; or null. */
  take(wish: Wish, now: number): Claim | null {
    const { readings, draw } = this.#view
    if (wish.scope === 'nothing') return null
    const accepts = (piece: number) =>
      wish.accepts(piece) && (wish.scope === 'all' || this.#view.availability[piece] === 0)
    const late = (piece: number, lateMs: number) =>
      accepts(piece) && this.#view.isMissing(piece) && this.#isOwed(piece, wish.by, now, lateMs)
    for (const piece of readings.pieces()) {
      if (this.#view.isOpen(piece) && accepts(piece)) {
        return this.#reserve(piece, this.#reach(piece, accepts, wish.runBytes).last, wish.by, now)
      }
      if (late(piece, LATE_SOON_MS)) return this.#reserve(piece, piece, wish.by, now)
    }
    if (wish.urgent) return null
    const drawn = draw(accepts, now)
    if (drawn >= 0) {
      const { first, last } = this.#reach(drawn, accepts, wish.runBytes)
      return this.#reserve(first, last, wish.by, now)
    }
    for (let piece = 0; piece < this.#view.metainfo.pieceCount; piece++) {
      if (late(piece, LATE_MS)) return this.#reserve(piece, piece, wish.by, now)
    }
    return null
  }

  /** What is left of a claim is free again. */
  release(claim: Claim): void {
    for (let piece = claim.first; piece < claim.first + claim.count; piece++) {
      if (this.#pieces.get(piece) === claim) this.#pieces.delete(piece)
    }
  }

  /** The piece came, from whomever. */
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

  #isOwed(piece: number, by: string, now: number, lateMs: number): boolean {
    const claim = this.#pieces.get(piece)
    if (claim) return claim.by !== by && now - claim.since >= lateMs
    return this.#view.isOwed(piece, now, lateMs)
  }

  /**
   * The open pieces around `piece` that lie in one aligned stretch of `runBytes`: so runs stay long to the end, and
   * readers that began at random places have different ones to give to each other.
   */
  #reach(
    piece: number,
    accepts: (piece: number) => boolean,
    runBytes: number,
  ): { first: number; last: number } {
    const { isOpen, metainfo } = this.#view
    const most = Math.max(1, Math.floor(runBytes / metainfo.pieceLength))
    const low = piece - (piece % most)
    const high = Math.min(low + most, metainfo.pieceCount) - 1
    let first = piece
    while (first > low && isOpen(first - 1) && accepts(first - 1)) first--
    let last = piece
    while (last < high && isOpen(last + 1) && accepts(last + 1)) last++
    return { first, last }
  }

  #reserve(first: number, last: number, by: string, since: number): Claim {
    const claim = { first, count: last - first + 1, by, since }
    for (let piece = first; piece <= last; piece++) this.#pieces.set(piece, claim)
    return claim
  }
}
