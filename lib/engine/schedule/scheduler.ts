import { Rounds } from '../../base/coalescer.ts'
import { toAppError } from '../../base/errors.ts'
import type { TokenBuckets } from '../../base/token-bucket.ts'
import type { PieceStore } from '../../storage/piece-store.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { hasPiece } from '../../torrent/piece-map.ts'
import type { Wire } from '../webtorrent.ts'
import { Availability } from './availability.ts'
import { BegunPieces, type Wanted } from './begun-pieces.ts'
import { BlockPicker, STALE_SOON_MS } from './block-picker.ts'
import { PeerState } from './peer-state.ts'
import { BLOCK_BYTES, type PieceProgress } from './piece-progress.ts'
import { RarestFirst } from './rarest-first.ts'
import { Readings } from './read-positions.ts'
import { Claims } from './web-seed-claims.ts'

/** Bytes the store may hold unwritten before nothing more is asked for: a slow disk must not grow memory. */
const WRITE_AHEAD_MAX_BYTES = 16 * 1024 * 1024

/** A peer that chokes must refuse what it will not send (BEP 6); one that has not by then is of no use. */
const CHOKED_MS = 30_000

interface SchedulerOptions {
  readonly metainfo: Metainfo
  readonly store: PieceStore
  /** True for a piece that is here. */
  readonly has: (piece: number) => boolean
  readonly limit: TokenBuckets
  /** A piece was checked and kept. */
  readonly onPiece: (piece: number, from: PieceOrigin) => void
  /** A piece made of what these peers sent did not fit its hash. */
  readonly onFalsePiece: (sources: ReadonlySet<Wire>) => void
  readonly onStoreError: (reason: unknown) => void
  /** Bytes came in. */
  readonly onBytes: () => void
  /** Something changed in what may be asked for: web seeds look too. */
  readonly onFill: () => void
}

/** Who a piece came from. */
export type PieceOrigin = 'peers' | 'webSeed'

/**
 * Asks peers for blocks, as many as each may be asked for, puts the answers together and has each piece checked by the
 * store before it counts. `BlockPicker` says which block is asked of whom.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #peers = new Map<Wire, PeerState>()
  readonly #availability: Availability
  readonly #begun = new BegunPieces()
  /** Pieces that are being checked and kept, and the peers that sent them. */
  readonly #writing = new Map<number, ReadonlySet<Wire>>()
  readonly #readings: Readings
  /** What web seeds fetch. */
  readonly claims: Claims
  readonly #rarest: RarestFirst
  readonly #blocks: BlockPicker
  #wanted: Uint8Array
  /** Bytes that peers sent. */
  peerBytes = 0
  readonly #rounds = new Rounds(() => this.#fillAll())
  #stopped = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    const { pieceCount, pieceLength } = options.metainfo
    this.#availability = new Availability(pieceCount)
    this.#readings = new Readings(pieceLength)
    this.#wanted = new Uint8Array(Math.ceil(pieceCount / 8))
    this.#rarest = new RarestFirst(pieceCount, pieceLength, {
      isOpen: piece => hasPiece(this.#wanted, piece) && this.#isUntouched(piece),
      availability: this.#availability.counts,
    })
    this.claims = new Claims({
      metainfo: options.metainfo,
      readings: this.#readings,
      isOpen: piece => this.#isWanted(piece) && this.#isUntouched(piece),
      isMissing: piece => this.#isMissing(piece) && this.#isWanted(piece),
      isOwed: (piece, now, lateMs) => this.#begun.isOwed(piece, now, lateMs),
      availability: this.#availability.counts,
      draw: (accepts, now) => this.#rarest.draw(accepts, now),
    })
    this.#blocks = new BlockPicker({
      metainfo: options.metainfo,
      begun: this.#begun,
      claims: this.claims,
      readings: this.#readings,
      rarest: this.#rarest,
      isMissing: piece => this.#isMissing(piece),
      isWanted: piece => this.#isWanted(piece),
      peerCount: () => this.#peers.size,
      beingChecked: ({ wire }) => [...this.#writing.values()].filter(sources => sources.has(wire)).length,
    })
  }

  /** True while the store takes more without piling it up in memory. */
  get hasRoom(): boolean {
    return this.#options.store.pendingBytes < WRITE_AHEAD_MAX_BYTES
  }

  /** The pieces the person wants, as a bitfield. */
  want(wanted: Uint8Array): void {
    this.#wanted = wanted
    this.#wishChanged()
  }

  /** Ask for bytes [at(), end) before anything else, as far as the read-ahead goes; returns how to take that back. */
  hurry(at: () => number, end: number): () => void {
    const calm = this.#readings.add(at, end)
    this.#wishChanged()
    return () => {
      calm()
      this.#wishChanged()
    }
  }

  /** True while some of the piece is asked for or here but not all of it checked. */
  isActive(piece: number): boolean {
    return this.#begun.has(piece) || this.claims.has(piece) || this.#writing.has(piece)
  }

  /** Take part with this peer; it answers blocks of 16 KiB until it says more. */
  addPeer(wire: Wire): void {
    const peer = new PeerState(wire)
    this.#peers.set(wire, peer)
    const recount = () => {
      this.#availability.count(wire)
      peer.reconsider()
      this.fill()
    }
    for (const event of ['bitfield', 'have-all', 'have-none'] as const) wire.on(event, recount)
    wire.lt_donthave.on('donthave', recount)
    wire.on('have', piece => {
      if (!this.#availability.countHave(wire, piece)) return
      if (!this.#isOfUse(piece)) return
      wire.interested()
      this.fill()
    })
    wire.on('unchoke', () => this.fill())
    wire.on('choke', () => this.#expectRefusals(wire))
    wire.once('close', () => this.#removePeer(peer))
    recount()
  }

  /** The peer told how large blocks it answers. */
  setBlockBytes(wire: Wire, blockBytes: number): void {
    const peer = this.#peers.get(wire)
    if (peer) peer.blockBytes = Math.max(1, Math.floor(blockBytes / BLOCK_BYTES)) * BLOCK_BYTES
  }

  /** Ask everybody for as much as they may be asked for. Calls within one turn are one. */
  fill(): void {
    this.#rounds.soon()
  }

  /**
   * A web seed has sent the whole of a piece; takes over the buffer. Calls `onFalse` when it does not fit its hash. One
   * that came from elsewhere meanwhile is dropped.
   */
  async keepClaimed(index: number, bytes: Uint8Array<ArrayBuffer>, onFalse: () => void): Promise<void> {
    if (this.#stopped || !this.#isMissing(index)) return
    for (const { length, offset, wire } of this.#begun.takeRequests(index)) wire.cancel(index, offset, length)
    await this.#write(index, bytes, new Set(), onFalse)
  }

  /** Give up all that is under way. */
  stop(): void {
    this.#stopped = true
    this.#rounds.stop()
    this.#peers.clear()
    this.#begun.clear()
  }

  #wishChanged(): void {
    this.#begun.dropUnwanted(piece => this.#isWanted(piece))
    this.#rarest.refresh()
    for (const peer of this.#peers.values()) peer.reconsider()
    this.fill()
  }

  #fillAll(): void {
    const now = performance.now()
    this.#freeAlone(now)
    for (const peer of this.#peers.values()) this.#fill(peer)
    if (!this.#stopped) this.#options.onFill()
  }

  #fill(peer: PeerState): void {
    const { wire } = peer
    if (this.#stopped || wire.destroyed) return
    peer.showInterest(performance.now(), this.#options.metainfo.pieceCount, this.#isOfUse)
    if (wire.peerChoking) return
    const { limit } = this.#options
    while (peer.hasRoom && this.hasRoom) {
      const wait = limit.wait(performance.now())
      if (wait > 0) {
        this.#rounds.within(wait)
        return
      }
      const next = this.#blocks.next(peer, performance.now())
      if (!next) {
        // What others owe becomes this peer's to help with when they are late.
        if (this.#begun.count > 0) this.#rounds.within(STALE_SOON_MS)
        return
      }
      limit.take(next.length)
      this.#ask(peer, next)
    }
  }

  /** Pieces that were one peer's alone go to others first when it does not send them. */
  #freeAlone(now: number): void {
    const willSend = (wire: Wire, piece: number) =>
      !wire.peerChoking && (this.#peers.get(wire)?.offers(piece, now) ?? false)
    for (const { piece, wire } of this.#begun.freeAlone(now, willSend)) {
      this.#peers.get(wire)?.refuse(piece, now)
    }
  }

  #ask(peer: PeerState, wanted: Wanted): void {
    const { wire } = peer
    const { length, offset, progress } = wanted
    const request = this.#begun.ask(wanted, wire, performance.now())
    peer.outstanding += length
    wire.request(progress.index, offset, length, (error, bytes) => {
      peer.outstanding -= length
      if (!this.#begun.answered(request) || this.#stopped) return
      if (error || !bytes) {
        // Others first: asked at once, this peer would refuse it again and again.
        if (!wire.peerChoking) peer.refuse(progress.index, performance.now())
        if (progress.trial === wire) progress.trial = null
        this.#begun.takeBack(request)
        this.#begun.dropUnwanted(piece => this.#isWanted(piece))
        this.fill()
        return
      }
      this.#receive(progress, offset, bytes, wire)
      this.#fill(peer)
    })
  }

  #receive(progress: PieceProgress, offset: number, bytes: Uint8Array, wire: Wire): void {
    this.peerBytes += bytes.length
    progress.put(offset, bytes, wire)
    this.#options.onBytes()
    for (const other of this.#begun.takeSuperfluous(progress)) {
      other.wire.cancel(progress.index, other.offset, other.length)
    }
    if (progress.complete) void this.#keep(progress)
  }

  async #keep(progress: PieceProgress): Promise<void> {
    const { index, sources } = progress
    await this.#write(index, progress.takeBytes(), sources, () => {
      this.#begun.suspect(index)
      if (!this.#stopped) this.#options.onFalsePiece(sources)
    })
  }

  /** `sources`: the peers that sent it; none when a web seed did. */
  async #write(
    index: number,
    bytes: Uint8Array<ArrayBuffer>,
    sources: ReadonlySet<Wire>,
    onFalse: () => void,
  ): Promise<void> {
    const { onPiece, onStoreError, store } = this.#options
    this.#begun.end(index)
    this.claims.end(index)
    this.#writing.set(index, sources)
    try {
      const fits = await store.write(index, bytes)
      this.#writing.delete(index)
      // Also after a stop: the store has it, so it counts.
      if (fits) {
        for (const wire of sources) this.#peers.get(wire)?.prove()
        onPiece(index, sources.size > 0 ? 'peers' : 'webSeed')
      } else {
        this.#rarest.refresh()
        onFalse()
      }
    } catch (reason) {
      this.#writing.delete(index)
      if (!this.#stopped) onStoreError(toAppError(reason))
    }
    this.fill()
  }

  #isWanted(piece: number): boolean {
    return hasPiece(this.#wanted, piece) || this.#readings.has(piece)
  }

  readonly #isOfUse = (piece: number): boolean => !this.#options.has(piece) && this.#isWanted(piece)

  /** Not here, nor on its way into the store. */
  #isMissing(piece: number): boolean {
    return !this.#options.has(piece) && !this.#writing.has(piece)
  }

  #isUntouched(piece: number): boolean {
    return this.#isMissing(piece) && !this.#begun.has(piece) && !this.claims.has(piece)
  }

  #expectRefusals(wire: Wire): void {
    const [oldest] = wire.requests
    if (oldest === undefined) return
    setTimeout(() => {
      if (wire.peerChoking && wire.requests.includes(oldest)) wire.destroy()
    }, CHOKED_MS)
  }

  #removePeer(peer: PeerState): void {
    if (!this.#peers.delete(peer.wire)) return
    this.#availability.remove(peer.wire)
    this.#begun.endTrials(peer.wire)
    this.fill()
  }
}
