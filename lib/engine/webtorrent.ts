import type { Metainfo } from '../torrent/metainfo.ts'
import type { Client, ClientOptions, Platform } from './client.ts'
import { readCandidatePair } from './connect/candidate-pair.ts'
import { LaneBudget } from './connect/lanes/lane-budget.ts'
import { SwarmPeers } from './connect/swarm-peers.ts'
import type { NotTracked } from './connect/trackers/tracker-fault.ts'
import { TrackerSockets } from './connect/trackers/tracker-socket.ts'
import type { WireTransport } from './connect/wire-transport.ts'
import { UNUSED_STORE } from './unused-store.ts'
import type { ParsedTorrent, Torrent, Wire } from './webtorrent-types.ts'

/** Upload slots: a lone publisher must not leave the eleventh reader waiting (webtorrent's default is 10). */
const UPLOAD_SLOTS = 40

const BROWSER: Platform = {
  RTCPeerConnection: globalThis.RTCPeerConnection,
  openSocket: url => new WebSocket(url),
  openClassicTracker: null,
}

/**
 * A webtorrent client, and what its swarms find peers by: trackers alone, unless `dht` is set; no local discovery, no port
 * mapping. Errors: that the code does not load, or that there is no WebRTC.
 */
export async function createClient(options: ClientOptions): Promise<Client> {
  const { dht = false, onTrackerFault, platform, rtc, torrentPort = 0, utp = false } = options
  const [{ default: WebTorrent }, machine] = await Promise.all([
    import('webtorrent'),
    platform?.() ?? BROWSER,
  ])
  const { openClassicTracker, openSocket, RTCPeerConnection } = machine
  if (!RTCPeerConnection) throw new Error('no WebRTC')
  const client: Client = {
    webtorrent: new WebTorrent({
      // Ours; see `SwarmPeers`.
      tracker: false,
      torrentPort,
      utp,
      dht,
      lsd: false,
      utPex: dht,
      natUpnp: false,
      natPmp: false,
      webSeeds: false,
    }),
    RTCPeerConnection,
    // Each swarm sets its own.
    rtcConfig: { ...rtc, iceServers: [] },
    sockets: new TrackerSockets(openSocket),
    openClassicTracker,
    laneBudget: new LaneBudget(),
    onTrackerFault: fault => onTrackerFault?.(fault),
  }
  return client
}

interface JoinOptions {
  readonly announce: readonly string[]
  /** Addresses to call; see `SwarmNetwork`. */
  readonly peers: readonly string[]
  /** Pieces that are here (BEP 3 bitfield), not verified again. */
  readonly have: Uint8Array
  readonly maxPeers: number | undefined
  /** Whether every piece is here. */
  readonly isComplete: () => boolean
  /** Called with each new peer after its handshake. */
  readonly onPeer: (wire: Wire, transport: WireTransport | null) => void
  /** Called when the swarm is ready, and whenever what `SwarmPeers` knows changes. */
  readonly onChange: () => void
  /** See `SwarmTrackers`. */
  readonly onNotTracked: (why: NotTracked) => void
  /** The torrent has failed and ended. */
  readonly onError: (reason: Error) => void
}

/**
 * A swarm in webtorrent's client, which keeps the connections and speaks the protocol. Where peers come from, requests,
 * answers and the transport over data channels are ours. Trackers and web seeds of the metainfo are ignored.
 */
export class JoinedSwarm {
  readonly peers: SwarmPeers
  readonly #torrent: Torrent

  constructor(client: Client, metainfo: Metainfo, options: JoinOptions) {
    const torrent = client.webtorrent.add(parsedTorrentOf(metainfo), {
      preloadedStore: UNUSED_STORE,
      storeCacheSlots: 0,
      uploads: UPLOAD_SLOTS,
      deselect: true,
      bitfield: options.have,
    })
    this.#torrent = torrent
    replaceWorkings(torrent, metainfo)
    this.peers = new SwarmPeers(client, torrent, {
      ...options,
      infoHash: metainfo.infoHash,
      progress: () => progressOf(torrent),
      // The tracker alone says who takes part in a private swarm (BEP 27).
      isSeed: metainfo.private
        ? null
        : wire => (wire ? hasAll(wire, metainfo.pieceCount) : options.isComplete()),
    })
    torrent.on('wire', wire => {
      if (options.maxPeers !== undefined && torrent.wires.length > options.maxPeers) wire.destroy()
      else options.onPeer(wire, this.peers.transport(wire))
    })
    torrent.on('ready', () => {
      this.peers.start()
      options.onChange()
    })
    torrent.on('warning', options.onChange)
    torrent.on('error', options.onError)
  }

  /** Peers after their handshake. */
  get wires(): readonly Wire[] {
    return this.#torrent.wires
  }

  /** False before it is ready and once it is left. */
  get isOpen(): boolean {
    return this.#torrent.ready && !this.#torrent.destroyed
  }

  /** Measures the round trip to a peer on its first connection; `done` gets milliseconds where it is known. */
  measureRoundTrip(wire: Wire, done: (milliseconds: number) => void): void {
    const connection = this.peers.connections.of(wire)
    if (!connection) return
    readCandidatePair(connection.rtc).then(
      ({ roundTripMs }) => {
        if (roundTripMs !== null && !wire.destroyed) done(roundTripMs)
      },
      // It is closing.
      () => undefined,
    )
  }

  /** See `SwarmEngine.wake`. */
  wake({ networkChanged }: { readonly networkChanged: boolean }): void {
    this.peers.trackers.wake({ findPeers: networkChanged || this.wires.length === 0 })
  }

  /** Tell all peers that piece `index` is here, even those that have it: they count the copies. */
  announcePiece(index: number): void {
    if (this.#torrent.destroyed) return
    this.#torrent._markVerified(index)
    for (const wire of this.wires) wire.have(index)
  }

  /** Tell all peers that these pieces are no longer here (BEP 54), and the trackers that we are no seed. */
  withdrawPieces(pieces: readonly number[]): void {
    if (this.#torrent.destroyed) return
    for (const index of pieces) this.#torrent._markUnverified(index)
    this.#torrent.done = false
    for (const wire of [...this.wires]) {
      for (const index of pieces) wire.lt_donthave.donthave(index)
      // Clients choke seeds for good, as we were to them: only a new connection starts unchoked.
      if (wire.peerChoking) wire.destroy()
    }
    this.peers.trackers.announceToSockets()
  }

  /** Tell the trackers that all pieces are here, so that they count us as a seed (BEP 3 `completed`). */
  announceComplete(): void {
    if (this.#torrent.done || this.#torrent.destroyed) return
    this.#torrent.done = true
    this.peers.trackers.complete()
  }

  /** Close all connections and tell the trackers. */
  async leave(): Promise<void> {
    const left = this.peers.stop()
    if (!this.#torrent.destroyed) {
      await new Promise<void>(resolve => this.#torrent.destroy({ destroyStore: false }, resolve))
    }
    await left
  }
}

/** What webtorrent would do and we do ourselves: verifying, and choosing what to request. */
function replaceWorkings(torrent: Torrent, { infoBytes }: Metainfo): void {
  const process = torrent._processParsedTorrent
  torrent._processParsedTorrent = parsed => {
    process.call(torrent, parsed)
    // What peers are sent when they ask for the metainfo (BEP 9).
    torrent.torrentFile = infoBytes
  }
  torrent._verifyPieces = done => done(null)
  for (const method of ['_update', '_updateWireInterest', '_updateSelections', '_checkDone'] as const) {
    torrent[method] = () => {}
  }
}

/**
 * What webtorrent needs of a metainfo. It gets no `.torrent` to parse, because it would take the info hash over the
 * dictionary as it encodes it again: another hash where that is not canonical. One file stands for all, since our own
 * stores read and write them.
 */
function parsedTorrentOf(metainfo: Metainfo): ParsedTorrent {
  const { infoHash, length, name, pieceCount, pieceLength } = metainfo
  return {
    infoHash,
    info: {},
    name,
    announce: [],
    urlList: [],
    private: metainfo.private,
    files: [{ path: name, name, length, offset: 0 }],
    length,
    pieceLength,
    lastPieceLength: length % pieceLength || pieceLength,
    pieces: new Array<string>(pieceCount).fill(''),
  }
}

const progressOf = ({ downloaded, length, uploaded }: Torrent) => ({
  uploaded,
  downloaded,
  left: Math.max(length - downloaded, 0),
})

function hasAll({ peerPieces }: Wire, pieceCount: number): boolean {
  for (let piece = 0; piece < pieceCount; piece++) if (!peerPieces.get(piece)) return false
  return true
}
