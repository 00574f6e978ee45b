import type { TokenBuckets } from '../base/token-bucket.ts'
import { hasRelay } from '../network/ice.ts'
import type { PieceSource, PieceStore } from '../storage/piece-store.ts'
import { pieceSize } from '../storage/piece-store.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { encodeTorrent } from '../torrent/metainfo.ts'
import type { Lane } from './connect/wire-transport.ts'
import type { Blame } from './schedule/ban-list.ts'
import { type PieceOrigin, Scheduler } from './schedule/scheduler.ts'
import { SENT_BLOCK_MAX_BYTES, Uploader } from './upload/uploader.ts'
import type { WebSeedUse } from './web-seed-policy.ts'
import { WebSeeds } from './web-seeds/web-seeds.ts'
import {
  addTorrent,
  announceComplete,
  announcePiece,
  type Client,
  nameOf,
  type Torrent,
  trackerState,
  unreachedPeers,
  viaOf,
  type Wire,
  wake,
} from './webtorrent.ts'

/** Key in our BEP 10 handshake: the largest block, in bytes, that we answer. Others ask for 16 KiB. */
const BLOCK_KEY = 'ts_block'

/**
 * Milliseconds without an answer after which a peer is given up: longer than webtorrent's 30 s, because one that divides
 * a small limit among many readers is slow, not gone; meanwhile others are asked too.
 */
const SILENCE_MAX_MS = 120_000

interface TransferOptions {
  /** Null: no peers, web seeds only. */
  readonly client: Client | null
  readonly metainfo: Metainfo
  readonly store: PieceSource | PieceStore
  readonly announce: readonly string[]
  /** BEP 19 URLs, untrusted. */
  readonly webSeeds: readonly string[]
  readonly webSeedUse: WebSeedUse
  readonly uploads: boolean
  readonly maxPeers: number | undefined
  /** Pieces that are here, as a bitfield that its owner keeps up to date. */
  readonly have: Uint8Array
  readonly hasPiece: (piece: number) => boolean
  readonly blame: Blame
  readonly downloadLimit: TokenBuckets
  readonly uploadLimit: TokenBuckets
  readonly onPiece: (piece: number, from: PieceOrigin) => void
  readonly onPeer: (wire: Wire) => void
  readonly onStoreError: (reason: unknown) => void
  readonly onChange: () => void
}

/** A swarm while it runs: its torrent, what we ask of and answer to each of its peers, and its web seeds. */
export class Transfer {
  /** Null without peers. */
  readonly torrent: Torrent | null
  /** Null for a publisher. */
  readonly webSeeds: WebSeeds | null
  readonly #options: TransferOptions
  readonly #scheduler: Scheduler | null
  readonly #uploaders = new Set<Uploader>()
  readonly #names = new WeakMap<Wire, string>()
  /** False: nobody is told what is here. A store that keeps nothing has nothing to give either. */
  readonly #gives: boolean

  constructor(options: TransferOptions) {
    this.#options = options
    const { client, store, uploads } = options
    this.#gives = uploads && !('kind' in store && store.kind === 'none')
    this.#scheduler = 'write' in store ? this.#schedule(store) : null
    this.webSeeds = this.#scheduler && this.#addWebSeeds(this.#scheduler)
    this.torrent = client && this.#enter(client)
  }

  /** Connected peers. */
  get wires(): readonly Wire[] {
    return this.torrent?.wires.filter(wire => !wire.destroyed) ?? []
  }

  /** Whether the swarm's tracker can be reached right now. */
  get tracker(): 'connecting' | 'connected' | 'unreachable' {
    return this.torrent ? trackerState(this.torrent) : 'connecting'
  }

  /** Peers in the swarm that no connection came about with. */
  get unreached(): number {
    return this.torrent ? unreachedPeers(this.torrent) : 0
  }

  /** Whether there is a TURN server to go through. */
  get hasRelay(): boolean {
    return hasRelay(this.#options.client?.tracker.rtcConfig.iceServers ?? [])
  }

  /** How a peer is reached. */
  via(wire: Wire): 'direct' | 'relay' | 'tcp' {
    return this.torrent ? viaOf(this.torrent, wire) : 'tcp'
  }

  /** This computer woke up or came to another network. */
  wake(networkChanged: boolean): void {
    if (this.torrent) wake(this.torrent, networkChanged)
  }

  /** The pieces the person wants, as a bitfield. */
  want(pieces: Uint8Array): void {
    this.#scheduler?.want(pieces)
  }

  /** See `Scheduler.hurry`. */
  hurry(at: () => number, end: number): () => void {
    return this.#scheduler?.hurry(at, end) ?? (() => {})
  }

  isActive(piece: number): boolean {
    return this.#scheduler?.isActive(piece) ?? false
  }

  /** Piece `index` was checked and kept: tell everybody, and with the last one the tracker. */
  announce(index: number, complete: boolean): void {
    if (!this.torrent || this.torrent.destroyed) return
    if (this.#gives) announcePiece(this.torrent, index)
    // Who keeps it to himself is no seed.
    if (complete && this.#options.uploads) announceComplete(this.torrent)
  }

  /** Somebody reads on: look what is to be asked for. */
  fill(): void {
    this.#scheduler?.fill()
  }

  /** Limits are others now: who waits under the old ones goes on. */
  limitsChanged(): void {
    this.#scheduler?.fill()
    for (const uploader of this.#uploaders) uploader.pump()
  }

  async stop(): Promise<void> {
    this.#scheduler?.stop()
    this.webSeeds?.stop()
    const { torrent } = this
    if (!torrent || torrent.destroyed) return
    await new Promise<void>(resolve => torrent.destroy({ destroyStore: false }, resolve))
  }

  #schedule(store: PieceStore): Scheduler {
    const { blame, downloadLimit, hasPiece, metainfo, onChange, onPiece, onStoreError } = this.#options
    return new Scheduler({
      metainfo,
      store,
      has: hasPiece,
      limit: downloadLimit,
      onPiece,
      onFalsePiece: sources => {
        const nameOfWire = (wire: Wire) => this.#names.get(wire) ?? wire.peerId
        const banned = blame.falsePiece(new Set([...sources].map(nameOfWire)))
        if (banned === null) return
        for (const wire of this.wires) if (nameOfWire(wire) === banned) wire.destroy()
      },
      onStoreError,
      onBytes: onChange,
      onFill: () => this.webSeeds?.fill(),
    })
  }

  #enter(client: Client): Torrent {
    const { announce, have, maxPeers, metainfo } = this.#options
    const torrentFile = encodeTorrent({ infoBytes: metainfo.infoBytes, announceList: [] })
    const torrent: Torrent = addTorrent(client, torrentFile, {
      announce,
      maxPeers,
      have: this.#gives ? have.slice() : new Uint8Array(have.length),
      onPeer: (wire, lane) => this.#meet(torrent, wire, lane),
      onChange: this.#options.onChange,
    })
    return torrent
  }

  #addWebSeeds(scheduler: Scheduler): WebSeeds {
    const { blame, client, downloadLimit, metainfo, onChange, webSeedUse, webSeeds } = this.#options
    return new WebSeeds({
      urls: webSeeds,
      use: client ? webSeedUse : 'only',
      metainfo,
      scheduler,
      limit: downloadLimit,
      blame,
      onChange,
    })
  }

  #meet(torrent: Torrent, wire: Wire, lane: Lane | null): void {
    const { blame, hasPiece, metainfo, onChange, onPeer, onStoreError, store, uploadLimit } = this.#options
    const name = nameOf(torrent, wire)
    if (blame.isBanned(name)) {
      wire.destroy()
      return
    }
    this.#names.set(wire, name)
    wire.setTimeout(SILENCE_MAX_MS, true)
    wire.extendedHandshake[BLOCK_KEY] = SENT_BLOCK_MAX_BYTES
    wire.on('extended', extension => {
      const most = wire.peerExtendedHandshake[BLOCK_KEY]
      if (extension !== 'handshake' || !Number.isSafeInteger(most)) return
      this.#scheduler?.setBlockBytes(wire, Math.min(Number(most), SENT_BLOCK_MAX_BYTES))
    })
    const uploader = new Uploader({
      wire,
      source: store,
      pieceBytes: piece => pieceSize(metainfo, piece),
      has: piece => this.#gives && hasPiece(piece),
      limit: uploadLimit,
      hasRoom: () => lane?.hasRoom() ?? true,
      onBytes: onChange,
      onReadError: onStoreError,
    })
    this.#uploaders.add(uploader)
    wire.once('close', () => this.#uploaders.delete(uploader))
    if (lane) lane.onRoom = () => uploader.pump()
    this.#scheduler?.addPeer(wire)
    onPeer(wire)
  }
}
