import { Coalescer } from '../../base/coalescer.ts'
import { debug } from '../../base/debug.ts'
import { toAppError } from '../../base/errors.ts'
import type { TokenBuckets } from '../../base/token-bucket.ts'
import type { PieceStore } from '../../storage/piece-store.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { hasPiece } from '../../torrent/piece-map.ts'
import type { Wire } from '../webtorrent-types.ts'
import { Availability } from './availability.ts'
import { BegunPieces, type BlockRequest } from './begun-pieces.ts'
import { BlockPicker, STALE_SOON_MS } from './block-picker.ts'
import { PeerState } from './peer-state.ts'
import { BLOCK_BYTES, type PieceProgress } from './piece-progress.ts'
import { PieceWriter } from './piece-writer.ts'
import { RarestFirst } from './rarest-first.ts'
import type { ReadPositions } from './read-positions.ts'
import { CHECK_MS, TakeBack } from './take-back.ts'
import { WebSeedClaims } from './web-seed-claims.ts'

const log = debug('engine:schedule')

interface SchedulerOptions {
  readonly metainfo: Metainfo
  readonly store: PieceStore
  /** The pieces that are here. */
  readonly held: { has(piece: number): boolean }
  /** Where the content is being read; call `wantedChanged` when a reader starts or ends. */
  readonly readPositions: ReadPositions
  readonly limit: TokenBuckets
  /** A piece is verified and stored. */
  readonly onPiece: (piece: number, from: PieceOrigin) => void
  /** A piece assembled from what these peers sent failed its hash. */
  readonly onBadPiece: (sources: ReadonlySet<Wire>) => void
  readonly onStoreError: (reason: unknown) => void
  /** Bytes arrived. */
  readonly onBytes: () => void
  /** Requests may be possible that were not before: web seeds check too. */
  readonly onFill: () => void
}

/** Where a piece came from. */
export type PieceOrigin = 'peers' | 'webSeed'

/**
 * Requests blocks from peers, up to each peer's window, assembles the pieces and has the store verify each one before it
 * counts. `BlockPicker` decides which block is requested from whom.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #peers = new Map<Wire, PeerState>()
  readonly #availability: Availability
  readonly #begun = new BegunPieces()
  readonly #writer: PieceWriter
  /** The pieces that web seeds fetch. */
  readonly claims: WebSeedClaims
  readonly #rarest: RarestFirst
  readonly #blocks: BlockPicker
  #wanted: Uint8Array
  /** Bytes received from peers. */
  peerBytes = 0
  readonly #takeBack = new TakeBack(this.#begun)
  readonly #fillSoon = new Coalescer(() => this.#fillAll())
  #stopped = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    const { metainfo, readPositions, store } = options
    const { pieceCount, pieceLength } = metainfo
    this.#writer = new PieceWriter(store)
    this.#availability = new Availability(pieceCount)
    this.#wanted = new Uint8Array(Math.ceil(pieceCount / 8))
    this.#rarest = new RarestFirst(pieceCount, pieceLength, {
      isOpen: piece => hasPiece(this.#wanted, piece) && this.#isUntouched(piece),
      availability: this.#availability.counts,
    })
    this.claims = new WebSeedClaims({
      metainfo,
      readPositions,
      isOpen: piece => this.#isWanted(piece) && this.#isUntouched(piece),
      isMissing: piece => this.#isMissing(piece) && this.#isWanted(piece),
      isOverdue: (piece, now, lateMs) => this.#begun.isOverdue(piece, now, lateMs),
      availability: this.#availability.counts,
      draw: (accepts, now) => this.#rarest.draw(accepts, now),
    })
    this.#blocks = new BlockPicker({
      metainfo,
      begun: this.#begun,
      claims: this.claims,
      readPositions,
      rarest: this.#rarest,
      isMissing: piece => this.#isMissing(piece),
      isWanted: piece => this.#isWanted(piece),
      peerCount: () => this.#peers.size,
      beingVerified: ({ wire }) => this.#writer.countFrom(wire),
    })
  }

  /** True while the store accepts more without piling it up in memory. */
  get hasRoom(): boolean {
    return this.#writer.hasRoom
  }

  /** Bytes of wanted pieces that are not here. Walks all pieces. */
  get missingBytes(): number {
    const { metainfo } = this.#options
    let bytes = 0
    for (let piece = 0; piece < metainfo.pieceCount; piece++)
      if (this.#isOfUse(piece)) bytes += metainfo.pieceLength
    return bytes
  }

  /** The pieces the person wants, as a bitfield. */
  want(wanted: Uint8Array): void {
    this.#wanted = wanted
    this.wantedChanged()
  }

  /** Call after `readPositions` change: other pieces are wanted, or wanted first. */
  wantedChanged(): void {
    this.#begun.dropUnwanted(piece => this.#isWanted(piece))
    this.#rarest.refresh()
    for (const peer of this.#peers.values()) peer.reconsider()
    this.fill()
  }

  /** True while the piece is being fetched, verified or stored. */
  isActive(piece: number): boolean {
    return this.#begun.has(piece) || this.claims.has(piece) || this.#writer.has(piece)
  }

  /** Start to download from this peer, in blocks of 16 KiB until `setBlockBytes`. `connections`: how many carry its blocks. */
  addPeer(wire: Wire, connections?: () => number): void {
    const peer = new PeerState(wire, piece => (this.#availability.counts[piece] ?? 0) > 1, connections)
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
    wire.on('choke', () => peer.expectRejects())
    wire.once('close', () => this.#removePeer(peer))
    recount()
  }

  /** The peer has said how large a block it answers. */
  setBlockBytes(wire: Wire, blockBytes: number): void {
    const peer = this.#peers.get(wire)
    if (peer) peer.blockBytes = Math.max(1, Math.floor(blockBytes / BLOCK_BYTES)) * BLOCK_BYTES
  }

  /** The round trip to a peer was measured, in milliseconds. */
  setRoundTrip(wire: Wire, milliseconds: number): void {
    this.#peers.get(wire)?.window.setRoundTrip(milliseconds)
  }

  /** Request as much as possible from every peer. Calls within one turn of the event loop run once. */
  fill(): void {
    this.#fillSoon.soon()
  }

  /**
   * Take a whole piece from a web seed, and its buffer. Calls `onBad` when it fails its hash. A piece that has arrived
   * from elsewhere in the meantime is dropped.
   */
  async keepClaimed(index: number, bytes: Uint8Array<ArrayBuffer>, onBad: () => void): Promise<void> {
    if (this.#stopped || !this.#isMissing(index)) return
    for (const { length, offset, wire } of this.#begun.takeRequests(index)) wire.cancel(index, offset, length)
    await this.#write(index, bytes, new Set(), onBad)
  }

  /** Drop everything in progress. */
  stop(): void {
    this.#stopped = true
    this.#fillSoon.stop()
    this.#peers.clear()
    this.#begun.clear()
  }

  #fillAll(): void {
    const now = performance.now()
    this.#expireExclusive(now)
    this.#takeBack.check([...this.#peers.values()], now)
    // Who has least comes first: what readers can give is not requested from a seed.
    const pieces = ({ wire }: PeerState) => this.#availability.piecesOf(wire)
    for (const peer of [...this.#peers.values()].sort((a, b) => pieces(a) - pieces(b))) {
      this.#fill(peer)
      if (peer.outstanding > 0) this.#fillSoon.within(CHECK_MS)
    }
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
        this.#fillSoon.within(wait)
        return
      }
      const next = this.#blocks.next(peer, performance.now())
      if (!next) {
        // Once others are late with a block, this peer can be asked for it; and again for what it rejected.
        if (this.#begun.count > 0 || peer.hasRejected(performance.now())) this.#fillSoon.within(STALE_SOON_MS)
        return
      }
      limit.take(next.length)
      this.#request(peer, next)
    }
  }

  /** A piece reserved for one peer that does not send it goes to the others first. */
  #expireExclusive(now: number): void {
    const willSend = (wire: Wire, piece: number) =>
      !wire.peerChoking && (this.#peers.get(wire)?.offers(piece, now) ?? false)
    for (const { piece, wire } of this.#begun.expireExclusive(now, willSend)) {
      this.#peers.get(wire)?.refuse(piece, now)
      this.#rarest.reopen()
    }
  }

  #request(peer: PeerState, blocks: BlockRequest): void {
    const { wire } = peer
    const { length, offset, progress } = blocks
    const request = this.#begun.add(blocks, wire, performance.now())
    peer.outstanding += length
    peer.answers.asked(performance.now())
    wire.request(progress.index, offset, length, (error, bytes) => {
      peer.outstanding -= length
      peer.answers.settled(performance.now(), { isBlock: bytes !== null, more: peer.outstanding > 0 })
      if (!this.#begun.settle(request) || this.#stopped) return
      if (error || !bytes) {
        // Others first: asked again at once, this peer would reject it over and over.
        if (!wire.peerChoking) peer.refuse(progress.index, performance.now())
        if (progress.trial === wire) progress.trial = null
        this.#begun.release(request)
        if (this.#begun.dropEmpty(progress.index)) this.#rarest.reopen()
        this.#begun.dropUnwanted(piece => this.#isWanted(piece))
        this.fill()
        return
      }
      peer.window.received(bytes.length, performance.now())
      this.#receive(progress, offset, bytes, wire)
      this.#fill(peer)
    })
  }

  #receive(progress: PieceProgress, offset: number, bytes: Uint8Array, wire: Wire): void {
    this.peerBytes += bytes.length
    progress.put(offset, bytes, wire)
    this.#options.onBytes()
    for (const other of this.#begun.takeCovered(progress)) {
      other.wire.cancel(progress.index, other.offset, other.length)
    }
    if (!progress.complete) return
    const { index, sources } = progress
    const onBad = () => {
      this.#begun.suspect(index)
      if (!this.#stopped) this.#options.onBadPiece(sources)
    }
    this.#write(index, progress.takeBytes(), sources, onBad).catch(reason =>
      this.#options.onStoreError(toAppError(reason)),
    )
  }

  /** `sources`: the peers that sent it; none when a web seed did. */
  async #write(
    index: number,
    bytes: Uint8Array<ArrayBuffer>,
    sources: ReadonlySet<Wire>,
    onBad: () => void,
  ): Promise<void> {
    const { onPiece, onStoreError } = this.#options
    this.#begun.end(index)
    this.claims.end(index)
    // Also after `stop`: the store has it, so it counts.
    const onResult = (fits: boolean) => {
      if (fits) {
        for (const wire of sources) this.#peers.get(wire)?.prove()
        onPiece(index, sources.size > 0 ? 'peers' : 'webSeed')
      } else {
        log('piece failed its hash', { piece: index, peers: [...sources].map(({ peerId }) => peerId) })
        this.#rarest.refresh()
        onBad()
      }
    }
    try {
      await this.#writer.write(index, bytes, sources, onResult)
    } catch (reason) {
      if (!this.#stopped) onStoreError(toAppError(reason))
    }
    this.fill()
  }

  #isWanted(piece: number): boolean {
    return hasPiece(this.#wanted, piece) || this.#options.readPositions.has(piece)
  }

  readonly #isOfUse = (piece: number): boolean => !this.#options.held.has(piece) && this.#isWanted(piece)

  /** Neither here nor being stored. */
  #isMissing(piece: number): boolean {
    return !this.#options.held.has(piece) && !this.#writer.has(piece)
  }

  #isUntouched(piece: number): boolean {
    return this.#isMissing(piece) && !this.#begun.has(piece) && !this.claims.has(piece)
  }

  #removePeer(peer: PeerState): void {
    if (!this.#peers.delete(peer.wire)) return
    this.#availability.remove(peer.wire)
    this.#begun.endTrials(peer.wire)
    this.fill()
  }
}
