import type { Wire } from '../webtorrent-types.ts'
import type { PeerState } from './peer-state.ts'
import { BLOCK_BYTES, type BlockRun, PieceProgress } from './piece-progress.ts'

/** Most peers a late block is requested from at a time; one that has not answered for `SILENT_MS` does not count. */
const REQUESTED_AT_ONCE_MAX = 2
const SILENT_MS = 10_000

/** A piece that failed its hash stays exclusive to one peer for this long, plus the time it takes at this rate. */
const EXCLUSIVE_MS = 10_000
const EXCLUSIVE_BYTES_PER_SECOND = 32 * 1024

/** Blocks to request. */
export interface BlockRequest extends BlockRun {
  readonly progress: PieceProgress
}

interface SentRequest extends BlockRequest {
  readonly wire: Wire
  /** Milliseconds of `performance.now()`. */
  readonly sentAt: number
}

/** The incomplete pieces, and which of their blocks are requested from which peer. */
export class BegunPieces {
  readonly #pieces = new Map<
    number,
    { readonly progress: PieceProgress; readonly requests: Set<SentRequest> }
  >()
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

  /** The oldest first. */
  *all(): Iterable<PieceProgress> {
    for (const { progress } of this.#pieces.values()) yield progress
  }

  /** Start piece `index` of `length` bytes. */
  begin(index: number, length: number): PieceProgress {
    const progress = new PieceProgress(index, length, { suspect: this.#suspects.has(index) })
    this.#pieces.set(index, { progress, requests: new Set() })
    return progress
  }

  /** Pieces on which this peer is on trial. */
  trialsOf(wire: Wire): number {
    let count = 0
    for (const { trial } of this.all()) if (trial === wire) count++
    return count
  }

  /** The peer has gone: any peer may complete its trial pieces. */
  endTrials(wire: Wire): void {
    for (const progress of this.all()) if (progress.trial === wire) progress.trial = null
  }

  /** The piece is complete or dropped. */
  end(index: number): void {
    this.#pieces.delete(index)
  }

  clear(): void {
    this.#pieces.clear()
  }

  /** The piece failed its hash: it is exclusive to one peer when it is started again. */
  suspect(index: number): void {
    this.#suspects.add(index)
  }

  /**
   * Drop the pieces that were exclusive to a peer which will not send them or takes too long. They start from scratch, so
   * that the next peer has them to itself again. Returns them with the peers that had them.
   */
  expireExclusive(
    now: number,
    willSend: (wire: Wire, piece: number) => boolean,
  ): { piece: number; wire: Wire }[] {
    const freed = []
    for (const { index, length, exclusive } of [...this.all()]) {
      if (!exclusive) continue
      const limit = EXCLUSIVE_MS + (1000 * length) / EXCLUSIVE_BYTES_PER_SECOND
      if (willSend(exclusive.source, index) && now - exclusive.since <= limit) continue
      this.end(index)
      freed.push({ piece: index, wire: exclusive.source })
    }
    return freed
  }

  /** Drop pieces that are no longer wanted and have no open request. */
  dropUnwanted(isWanted: (piece: number) => boolean): void {
    for (const [piece, { requests }] of [...this.#pieces]) {
      if (requests.size === 0 && !isWanted(piece)) this.end(piece)
    }
  }

  /** Drop a piece of which nothing has arrived and nothing is requested: it is fetched in its turn again. False when it stays. */
  dropEmpty(index: number): boolean {
    const begun = this.#pieces.get(index)
    if (!begun || begun.requests.size > 0) return false
    const { exclusive, sources } = begun.progress
    if (exclusive !== null || sources.size > 0) return false
    this.end(index)
    return true
  }

  /** Note a request that is sent now. */
  add(blocks: BlockRequest, wire: Wire, sentAt: number): SentRequest {
    const request = { ...blocks, wire, sentAt }
    this.#pieces.get(blocks.progress.index)?.requests.add(request)
    return request
  }

  /** The request was answered, or never will be. False when it is settled already or its piece has ended. */
  settle(request: SentRequest): boolean {
    return this.#pieces.get(request.progress.index)?.requests.delete(request) ?? false
  }

  /** The open requests to this peer, except those for a piece that nobody else may send. */
  requestsTo(wire: Wire): SentRequest[] {
    return [...this.#pieces.values()]
      .filter(({ progress }) => progress.exclusive === null)
      .flatMap(({ requests }) => [...requests].filter(request => request.wire === wire))
  }

  /** Free the blocks of a failed request, except those requested from another peer as well. */
  release({ progress, offset, length }: SentRequest): void {
    const others = [...(this.#pieces.get(progress.index)?.requests ?? [])]
    for (let at = offset; at < offset + length; at += BLOCK_BYTES) {
      if (others.some(other => other.offset <= at && at < other.offset + other.length)) continue
      progress.release({ offset: at, length: Math.min(BLOCK_BYTES, progress.length - at) })
    }
  }

  /** Settles the requests of this piece whose blocks have arrived from another peer, and returns them. */
  takeCovered(progress: PieceProgress): SentRequest[] {
    const requests = this.#pieces.get(progress.index)?.requests ?? new Set()
    const covered = [...requests].filter(request => progress.covers(request))
    for (const request of covered) requests.delete(request)
    return covered
  }

  /** Ends a piece that has arrived as a whole from elsewhere, and returns its open requests. */
  takeRequests(index: number): SentRequest[] {
    const requests = [...(this.#pieces.get(index)?.requests ?? [])]
    this.end(index)
    return requests
  }

  /** True for a started piece whose oldest request is `lateMs` old, or that has none. */
  isOverdue(index: number, now: number, lateMs: number): boolean {
    const requests = this.#pieces.get(index)?.requests
    if (!requests) return false
    const [oldest] = requests
    return oldest === undefined || now - oldest.sentAt >= lateMs
  }

  /** Blocks requested from other peers at least `lateMs` ago, to be requested from this peer too. */
  overdue(
    progress: PieceProgress,
    { blockBytes, wire }: PeerState,
    now: number,
    lateMs: number,
  ): BlockRequest | null {
    if (progress.exclusive !== null && progress.exclusive.source !== wire) return null
    const requests = [...(this.#pieces.get(progress.index)?.requests ?? [])]
    for (const { sentAt, length, offset } of requests) {
      if (now - sentAt < lateMs) continue
      const same = requests.filter(
        other => other.offset < offset + length && offset < other.offset + other.length,
      )
      if (same.some(other => other.wire === wire)) continue
      if (same.filter(other => now - other.sentAt < SILENT_MS).length >= REQUESTED_AT_ONCE_MAX) continue
      return { offset, length: Math.min(length, blockBytes), progress }
    }
    return null
  }
}
