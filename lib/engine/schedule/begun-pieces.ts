import type { Wire } from '../webtorrent.ts'
import type { PeerState } from './peer-state.ts'
import { BLOCK_BYTES, type BlockRun, PieceProgress } from './piece-progress.ts'

/** Peers asked for the same block when one of them is late; one that has not answered for so long does not count. */
const ASKED_AT_ONCE_MAX = 2
const SILENT_MS = 10_000

/** A piece that failed is one peer's alone for this long, and for as long as it would take at this rate. */
const ALONE_MS = 10_000
const ALONE_BYTES_PER_SECOND = 32 * 1024

/** Blocks to ask for. */
export interface Wanted extends BlockRun {
  readonly progress: PieceProgress
}

interface Request extends Wanted {
  readonly wire: Wire
  /** Milliseconds of `performance.now()`. */
  readonly askedAt: number
}

/** The pieces that are begun and not whole, and who was asked for which of their blocks. */
export class BegunPieces {
  readonly #pieces = new Map<number, { readonly progress: PieceProgress; readonly requests: Set<Request> }>()
  /** Pieces that failed their hash before. */
  readonly #suspects = new Set<number>()

  get count(): number {
    return this.#pieces.size
  }

  has(piece: number): boolean {
    return this.#pieces.has(piece)
  }

  get(piece: number): PieceProgress | undefined {
    return this.#pieces.get(piece)?.progress
  }

  /** In the order in which they were begun. */
  *all(): Iterable<PieceProgress> {
    for (const { progress } of this.#pieces.values()) yield progress
  }

  /** Begin piece `index` of `length` bytes. */
  begin(index: number, length: number): PieceProgress {
    const progress = new PieceProgress(index, length, this.#suspects.has(index))
    this.#pieces.set(index, { progress, requests: new Set() })
    return progress
  }

  /** Pieces with which this peer is to prove itself. */
  trialsOf(wire: Wire): number {
    let count = 0
    for (const { trial } of this.all()) if (trial === wire) count++
    return count
  }

  /** The peer is gone: its pieces are anybody's. */
  endTrials(wire: Wire): void {
    for (const progress of this.all()) if (progress.trial === wire) progress.trial = null
  }

  /** The piece is whole, or given up. */
  end(index: number): void {
    this.#pieces.delete(index)
  }

  clear(): void {
    this.#pieces.clear()
  }

  /** A piece made of what peers sent did not fit its hash. */
  suspect(index: number): void {
    this.#suspects.add(index)
  }

  /**
   * Give up the pieces that were for one peer alone and that it will not send or takes too long for. They begin anew, so
   * that the next one is alone with them again. Returns them with the peers that had them.
   */
  freeAlone(now: number, willSend: (wire: Wire, piece: number) => boolean): { piece: number; wire: Wire }[] {
    const freed = []
    for (const { index, length, only } of [...this.all()]) {
      if (!only) continue
      const limit = ALONE_MS + (1000 * length) / ALONE_BYTES_PER_SECOND
      if (willSend(only.source, index) && now - only.since <= limit) continue
      this.end(index)
      freed.push({ piece: index, wire: only.source })
    }
    return freed
  }

  /** Give up pieces that nobody wants any more and nobody is asked for. */
  dropUnwanted(isWanted: (piece: number) => boolean): void {
    for (const [piece, { requests }] of [...this.#pieces]) {
      if (requests.size === 0 && !isWanted(piece)) this.end(piece)
    }
  }

  ask(wanted: Wanted, wire: Wire, askedAt: number): Request {
    const request = { ...wanted, wire, askedAt }
    this.#pieces.get(wanted.progress.index)?.requests.add(request)
    return request
  }

  /** The request was answered, or never will be. False when that was known, or its piece is over. */
  answered(request: Request): boolean {
    return this.#pieces.get(request.progress.index)?.requests.delete(request) ?? false
  }

  /** Free what a request asked for, unless somebody else was asked for it too. */
  takeBack({ progress, offset, length }: Request): void {
    const others = [...(this.#pieces.get(progress.index)?.requests ?? [])]
    for (let at = offset; at < offset + length; at += BLOCK_BYTES) {
      if (others.some(other => other.offset <= at && at < other.offset + other.length)) continue
      progress.release({ offset: at, length: Math.min(BLOCK_BYTES, progress.length - at) })
    }
  }

  /** Requests for blocks of this piece that came from somebody else meanwhile; they count as answered. */
  takeSuperfluous(progress: PieceProgress): Request[] {
    const requests = this.#pieces.get(progress.index)?.requests ?? new Set()
    const superfluous = [...requests].filter(request => progress.covers(request))
    for (const request of superfluous) requests.delete(request)
    return superfluous
  }

  /** All requests for a piece that came whole from elsewhere; they count as answered. */
  takeRequests(index: number): Request[] {
    const requests = [...(this.#pieces.get(index)?.requests ?? [])]
    this.end(index)
    return requests
  }

  /** True for a piece that is begun, and nobody was asked for the rest of it or not everybody answered for `lateMs`. */
  isOwed(index: number, now: number, lateMs: number): boolean {
    const requests = this.#pieces.get(index)?.requests
    if (!requests) return false
    const [oldest] = requests
    return oldest === undefined || now - oldest.askedAt >= lateMs
  }

  /** Blocks that others have owed for `lateMs` at least, for one more peer to be asked for. */
  owed(progress: PieceProgress, { blockBytes, wire }: PeerState, now: number, lateMs: number): Wanted | null {
    if (progress.only !== null && progress.only.source !== wire) return null
    const requests = [...(this.#pieces.get(progress.index)?.requests ?? [])]
    for (const { askedAt, length, offset } of requests) {
      if (now - askedAt < lateMs) continue
      const same = requests.filter(
        other => other.offset < offset + length && offset < other.offset + other.length,
      )
      if (same.some(other => other.wire === wire)) continue
      if (same.filter(other => now - other.askedAt < SILENT_MS).length >= ASKED_AT_ONCE_MAX) continue
      return { offset, length: Math.min(length, blockBytes), progress }
    }
    return null
  }
}
