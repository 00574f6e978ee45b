import { BLOCK_BYTES, type BlockRun, PieceProgress } from './piece-progress.ts'
import type { Wire } from './webtorrent.ts'

/** Peers asked for the same block when one of them is late. */
const ASKED_AT_ONCE_MAX = 2

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

  /** The piece is whole, or given up. */
  end(index: number): void {
    this.#pieces.delete(index)
  }

  clear(): void {
    this.#pieces.clear()
  }

  /** Remember how the hash of a piece came out. */
  judge(index: number, fits: boolean): void {
    if (fits) this.#suspects.delete(index)
    else this.#suspects.add(index)
  }

  /** This peer is gone: others may send the pieces that were for it alone. */
  forgetPeer(peerId: string): void {
    for (const progress of this.all()) if (progress.only === peerId) progress.only = null
  }

  ask(wanted: Wanted, wire: Wire, askedAt: number): Request {
    const request = { ...wanted, wire, askedAt }
    this.#pieces.get(wanted.progress.index)?.requests.add(request)
    return request
  }

  /** The request was answered, or never will be. False when its piece is over anyway. */
  answered(request: Request): boolean {
    const piece = this.#pieces.get(request.progress.index)
    piece?.requests.delete(request)
    return piece?.progress === request.progress
  }

  /** Free what a request asked for, unless somebody else was asked for it too. */
  takeBack({ progress, offset, length }: Request): void {
    const others = [...(this.#pieces.get(progress.index)?.requests ?? [])]
    for (let at = offset; at < offset + length; at += BLOCK_BYTES) {
      if (others.some(other => other.offset <= at && at < other.offset + other.length)) continue
      progress.release({ offset: at, length: Math.min(BLOCK_BYTES, progress.length - at) })
    }
  }

  /** Requests for blocks of this piece that came from somebody else meanwhile. */
  superfluous(progress: PieceProgress): Request[] {
    const requests = this.#pieces.get(progress.index)?.requests ?? []
    return [...requests].filter(request => progress.covers(request))
  }

  /** Blocks that others were asked for before `askedBefore` and still owe, for one more peer to be asked for. */
  owed(progress: PieceProgress, wire: Wire, blockBytes: number, askedBefore: number): Wanted | null {
    if (progress.only !== null && progress.only !== wire.peerId) return null
    const requests = [...(this.#pieces.get(progress.index)?.requests ?? [])]
    for (const { askedAt, length, offset } of requests) {
      if (askedAt > askedBefore) continue
      const same = requests.filter(
        other => other.offset < offset + length && offset < other.offset + other.length,
      )
      if (same.length >= ASKED_AT_ONCE_MAX || same.some(other => other.wire === wire)) continue
      return { offset, length: Math.min(length, blockBytes), progress }
    }
    return null
  }
}
