import { debug } from '../base/debug.ts'
import { hasRelay } from '../network/ice.ts'
import type { WebSeedUse } from '../network/swarm-network.ts'
import { type PieceStore, pieceSize } from '../storage/piece-store.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import type { Client } from './client.ts'
import { LANES_ROUND_TRIP_MS, LanePilot } from './connect/lanes/lane-pilot.ts'
import type { NotTracked } from './connect/trackers/tracker-fault.ts'
import type { WireTransport } from './connect/wire-transport.ts'
import type { HeldPieces } from './held-pieces.ts'
import type { ShareLimiter } from './rate-limiter.ts'
import type { BanList } from './schedule/ban-list.ts'
import type { ReadPositions } from './schedule/read-positions.ts'
import { type PieceOrigin, Scheduler } from './schedule/scheduler.ts'
import type { Side } from './side.ts'
import { Uplink } from './upload/uplink.ts'
import { REQUESTS_WISHED, SENT_BLOCK_MAX_BYTES, Uploader } from './upload/uploader.ts'
import { WebSeeds } from './web-seeds/web-seeds.ts'
import { JoinedSwarm } from './webtorrent.ts'
import type { Wire } from './webtorrent-types.ts'

const log = debug('engine:transfer')

/** Key in our BEP 10 handshake: the largest block, in bytes, that we answer. Others ask for 16 KiB. */
const BLOCK_KEY = 'ts_block'

/**
 * Milliseconds without an answer after which a peer is closed: longer than webtorrent's 30 s, because a peer that divides a
 * low rate limit among many readers is slow, not gone; its blocks are requested from others in the meantime.
 */
const SILENCE_MAX_MS = 120_000

/** What a swarm is joined with each time it starts. */
export interface JoinOptions {
  readonly metainfo: Metainfo
  readonly side: Side
  readonly announce: readonly string[]
  /** See `SwarmNetwork`. */
  readonly peers: readonly string[]
  /** BEP 19 URLs, untrusted. */
  readonly webSeeds: readonly string[]
  readonly webSeedUse: WebSeedUse
  readonly maxPeers: number | undefined
  /** See `ClientOptions`. */
  readonly laneRoundTripMs: number | undefined
}

interface TransferOptions extends JoinOptions {
  /** Null: no peers, web seeds only. */
  readonly client: Client | null
  readonly uploads: boolean
  readonly held: HeldPieces
  readonly readPositions: ReadPositions
  readonly banList: BanList
  readonly limiter: ShareLimiter
  /** A piece is verified and stored. */
  readonly onPiece: (piece: number, from: PieceOrigin) => void
  /** A peer asks again for a piece that it was sent. */
  readonly onDoubt: (piece: number) => void
  readonly onPeerClosed: (wire: Wire) => void
  readonly onStoreError: (reason: unknown) => void
  /** See `SwarmTrackers`. */
  readonly onNotTracked: (why: NotTracked) => void
  /** The torrent has failed and ended. */
  readonly onError: (reason: Error) => void
  /** The next snapshot would differ. */
  readonly onChange: () => void
}

/** A running swarm: its peers, the requests to and from each, and its web seeds. */
export class Transfer {
  /** Null for a publisher. */
  readonly webSeeds: WebSeeds | null
  readonly #options: TransferOptions
  /** Null without peers. */
  readonly #joined: JoinedSwarm | null
  readonly #scheduler: Scheduler | null
  /** Null where nothing is received. */
  readonly #lanePilot: LanePilot | null
  readonly #uploaders = new Set<Uploader>()
  readonly #uplink: Uplink
  readonly #banKeys = new WeakMap<Wire, string>()
  /** False: peers are not told which pieces are here. A store that keeps nothing has nothing to offer either. */
  readonly #offersPieces: boolean

  constructor(options: TransferOptions) {
    this.#options = options
    const { client, side, uploads } = options
    this.#offersPieces = uploads && !(side.role === 'reader' && side.store.kind === 'none')
    this.#uplink = new Uplink(options.metainfo.pieceCount, options.limiter.upload)
    this.#scheduler = side.role === 'reader' ? this.#createScheduler(side.store) : null
    this.#lanePilot = this.#scheduler && this.#createLanePilot(this.#scheduler)
    this.webSeeds = this.#scheduler && this.#createWebSeeds(this.#scheduler)
    this.#joined = client && this.#join(client)
  }

  /** Connected peers. */
  get wires(): readonly Wire[] {
    return this.#joined?.wires.filter(wire => !wire.destroyed) ?? []
  }

  /** Whether the swarm's tracker can be reached right now. */
  get tracker(): 'connecting' | 'connected' | 'unreachable' {
    return this.#joined?.peers.trackers.state ?? 'connecting'
  }

  /** Peers in the swarm that no connection succeeded with. */
  get unreached(): number {
    return this.#joined?.peers.connections.retry.unreached ?? 0
  }

  /** Whether there is a TURN server to connect through. */
  get hasRelay(): boolean {
    return hasRelay(this.#options.client?.rtcConfig.iceServers ?? [])
  }

  /** How a peer is reached. */
  via(wire: Wire): 'direct' | 'relay' | 'tcp' {
    return this.#joined?.peers.connections.route(wire) ?? 'tcp'
  }

  /** See `SwarmEngine.wake`. */
  wake(options: { readonly networkChanged: boolean }): void {
    this.#joined?.wake(options)
  }

  /** The pieces the person wants, as a bitfield. */
  want(pieces: Uint8Array): void {
    this.#scheduler?.want(pieces)
  }

  /** A reader of the content started or ended. */
  readPositionsChanged(): void {
    this.#scheduler?.wantedChanged()
  }

  /** True while the piece is being fetched, verified or stored. */
  isActive(piece: number): boolean {
    return this.#scheduler?.isActive(piece) ?? false
  }

  /** Tell the peers that a piece is held now and, with the last one, the tracker that we are a seed. */
  announce(piece: number): void {
    if (this.#offersPieces) this.#joined?.announcePiece(piece)
    // With uploads off we do not announce as a seed.
    if (this.#options.held.complete && this.#options.uploads) this.#joined?.announceComplete()
  }

  /** Stored pieces are damaged: tell the peers and the tracker that they are not here, and fetch them again. */
  lost(pieces: readonly number[]): void {
    this.#joined?.withdrawPieces(pieces)
    this.#scheduler?.wantedChanged()
  }

  /** Request whatever may be requested now. */
  fill(): void {
    this.#scheduler?.fill()
  }

  /** Call after limits change; wakes waiting requests. */
  limitsChanged(): void {
    this.#scheduler?.fill()
    for (const uploader of this.#uploaders) uploader.pump()
  }

  async stop(): Promise<void> {
    this.#scheduler?.stop()
    this.#lanePilot?.stop()
    this.webSeeds?.stop()
    await this.#joined?.leave()
  }

  #createScheduler(store: PieceStore): Scheduler {
    const { held, limiter, metainfo, onChange, onPiece, onStoreError, readPositions } = this.#options
    return new Scheduler({
      metainfo,
      store,
      held,
      readPositions,
      limit: limiter.download,
      onPiece,
      onBadPiece: sources => this.#onBadPiece(sources),
      onStoreError,
      onBytes: onChange,
      onFill: () => this.webSeeds?.fill(),
    })
  }

  #createLanePilot(scheduler: Scheduler): LanePilot {
    const { laneRoundTripMs = LANES_ROUND_TRIP_MS, limiter } = this.#options
    return new LanePilot({
      received: () => scheduler.peerBytes,
      missing: () => scheduler.missingBytes,
      limit: () => limiter.download.rate,
      minRoundTripMs: laneRoundTripMs,
    })
  }

  #onBadPiece(sources: ReadonlySet<Wire>): void {
    const keyOf = (wire: Wire) => this.#banKeys.get(wire) ?? wire.peerId
    const banned = this.#options.banList.reportBadPiece(new Set([...sources].map(keyOf)))
    if (banned === null) return
    log('peer banned', { peer: banned })
    for (const wire of this.wires) {
      if (keyOf(wire) === banned) this.#joined?.peers.identity.drop(wire)
    }
  }

  #join(client: Client): JoinedSwarm {
    const { announce, held, maxPeers, metainfo, onChange, onError, onNotTracked, peers } = this.#options
    const joined: JoinedSwarm = new JoinedSwarm(client, metainfo, {
      announce,
      peers,
      maxPeers,
      isComplete: () => held.complete,
      have: this.#offersPieces ? held.bitfield.slice() : new Uint8Array(held.bitfield.length),
      onPeer: (wire, transport) => this.#addPeer(joined, wire, transport),
      onChange,
      onNotTracked,
      onError,
    })
    return joined
  }

  #createWebSeeds(scheduler: Scheduler): WebSeeds {
    const { banList, client, limiter, metainfo, onChange, webSeedUse, webSeeds } = this.#options
    return new WebSeeds({
      urls: webSeeds,
      use: client ? webSeedUse : 'only',
      // They have the file that everybody has.
      metainfo: metainfo.sealed?.outside ?? metainfo,
      scheduler,
      limit: limiter.download,
      banList,
      onChange,
    })
  }

  #addPeer(joined: JoinedSwarm, wire: Wire, transport: WireTransport | null): void {
    const { banList, held, limiter, metainfo, onChange, onDoubt, onPeerClosed, onStoreError, side } =
      this.#options
    const { identity } = joined.peers
    if (identity.isBanned(wire, banList)) {
      wire.destroy()
      return
    }
    this.#banKeys.set(wire, identity.banKey(wire))
    wire.setTimeout(SILENCE_MAX_MS, true)
    wire.extendedHandshake[BLOCK_KEY] = SENT_BLOCK_MAX_BYTES
    wire.extendedHandshake['reqq'] = REQUESTS_WISHED
    wire.on('extended', extension => {
      const most = wire.peerExtendedHandshake[BLOCK_KEY]
      if (extension !== 'handshake' || !Number.isSafeInteger(most)) return
      this.#scheduler?.setBlockBytes(wire, Math.min(Number(most), SENT_BLOCK_MAX_BYTES))
    })
    // Old versions reject and take rejects too; other clients may ask again at once.
    this.#uplink.addPeer(wire, {
      takesRejects: () => wire.hasFast && BLOCK_KEY in wire.peerExtendedHandshake,
      delayMs: () => transport?.delayMs(0) ?? 0,
    })
    const uploader = new Uploader({
      wire,
      source: side.store,
      pieceBytes: piece => pieceSize(metainfo, piece),
      has: piece => this.#offersPieces && held.has(piece),
      limit: limiter.upload,
      uplink: this.#uplink,
      hasRoom: () => transport?.hasRoom() ?? true,
      onBytes: onChange,
      onRepeat: onDoubt,
      onReadError: onStoreError,
    })
    this.#uploaders.add(uploader)
    if (transport) transport.onRoom = () => uploader.pump()
    // For the first request, or soon after it; and again whenever requests begin.
    const measure = (done: (milliseconds: number) => void) =>
      joined.measureRoundTrip(wire, milliseconds => {
        this.#scheduler?.setRoundTrip(wire, milliseconds)
        done(milliseconds)
      })
    const lanes = transport?.lanes
    if (lanes) {
      lanes.isLimited = () => limiter.upload.rate !== null
      lanes.onLost = blocks => uploader.again(blocks)
      // Measures at once.
      this.#lanePilot?.add({ wire, lanes, roundTrip: measure })
    } else measure(() => undefined)
    this.#scheduler?.addPeer(wire, () => 1 + (lanes?.carrying ?? 0))
    if (joined.isOpen && this.#offersPieces) unchokeAtOnce(wire)
    wire.on('have', onChange)
    wire.on('bitfield', onChange)
    wire.on('have-all', onChange)
    wire.once('close', () => {
      this.#uploaders.delete(uploader)
      this.#lanePilot?.remove({ wire })
      onPeerClosed(wire)
      onChange()
    })
    onChange()
  }
}

/** A round trip sooner than when it says its interest; after the bitfield, which is to be the first message (BEP 3). */
function unchokeAtOnce(wire: Wire): void {
  queueMicrotask(() =>
    queueMicrotask(() => {
      if (!wire.destroyed) wire.unchoke()
    }),
  )
}
