import type { InfoHash } from '../../torrent/ids.ts'
import type { Client } from '../client.ts'
import type { Peer, Torrent, Wire } from '../webtorrent-types.ts'
import { Introductions } from './introductions.ts'
import { keepCalling } from './keep-calling.ts'
import { connectLike } from './lanes/connect-like.ts'
import { Lanes } from './lanes/lanes.ts'
import { PeerConnections } from './peer-connections.ts'
import { PeerIdentity } from './peer-identity.ts'
import type { AnnouncedSwarm, Progress } from './trackers/announced-swarm.ts'
import { SwarmTrackers } from './trackers/swarm-trackers.ts'
import { type NotTracked, refusalIn } from './trackers/tracker-fault.ts'
import { DataChannelTransport, PipedTransport, type WireTransport } from './wire-transport.ts'

interface Options {
  readonly infoHash: InfoHash
  /** Announce URLs. */
  readonly announce: readonly string[]
  /** Addresses to call; see `SwarmNetwork`. */
  readonly peers: readonly string[]
  readonly progress: () => Progress
  /** Whether a peer has every piece, or (null) this client; null: peers are not introduced to each other. */
  readonly isSeed: ((wire: Wire | null) => boolean) | null
  /** Called when a peer's route, the set of unreached peers, or what a tracker says changes. */
  readonly onChange: () => void
  /** See `SwarmTrackers`. */
  readonly onNotTracked: (why: NotTracked) => void
}

/**
 * Where the peers of one torrent come from and how they are connected: its trackers, its WebRTC connections and their
 * transport, and the introductions of peers to each other. webtorrent is handed connections; by itself it finds peers only
 * through the DHT and the peer exchange of classic clients.
 */
export class SwarmPeers {
  readonly connections: PeerConnections
  readonly identity: PeerIdentity
  readonly trackers: SwarmTrackers
  readonly #torrent: Torrent
  readonly #client: Client
  readonly #options: Options
  readonly #introductions: Introductions | null
  readonly #transports = new WeakMap<Wire, WireTransport>()

  /** Call before `torrent` has a peer. */
  constructor(client: Client, torrent: Torrent, options: Options) {
    this.#client = client
    this.#torrent = torrent
    this.#options = options
    this.connections = new PeerConnections(torrent, client, {
      announce: () => this.trackers.announceToSockets(),
      // Whatever broke this connection may have broken the tracker's as well.
      onSilence: () => this.trackers.wake({ findPeers: false }),
      onChange: options.onChange,
    })
    this.#introductions = options.isSeed && this.#introduce(options.isSeed)
    this.identity = new PeerIdentity(this.connections, this.#introductions)
    this.trackers = new SwarmTrackers(this.#announced(), options.announce, {
      sockets: client.sockets,
      openClassicTracker: client.openClassicTracker,
      onNotTracked: options.onNotTracked,
    })
    const register = torrent._registerPeer
    torrent._registerPeer = peer => {
      this.#useTransport(peer)
      register.call(torrent, peer)
    }
    torrent.on('wire', wire => this.#onWire(wire))
    torrent.on('close', () => this.#introductions?.stop())
  }

  /** Begin to announce and to call; the TCP port must be known. */
  start(): void {
    this.trackers.start()
    keepCalling(this.#torrent, this.#options.peers)
  }

  /** Leave the swarm; resolves once the trackers have been told. */
  async stop(): Promise<void> {
    this.connections.retry.stop()
    await this.trackers.stop()
  }

  /** Null while webtorrent carries the bytes of `wire` and nothing of it is known. */
  transport(wire: Wire): WireTransport | null {
    return this.#transports.get(wire) ?? null
  }

  #announced(): AnnouncedSwarm {
    const { infoHash, onChange, progress } = this.#options
    const torrent = this.#torrent
    const { retry } = this.connections
    const { webtorrent } = this.#client
    return {
      infoHash,
      peerId: webtorrent.peerId,
      port: () => webtorrent.torrentPort,
      progress,
      createConnection: side => this.connections.create(side),
      addConnection: connection => this.connections.add(connection, 'tracker'),
      addAddress: address => {
        if (!torrent.destroyed) torrent.addPeer(address, 'tracker')
      },
      onCounts: ({ complete, incomplete }) => {
        // We are counted too: once, however many of a tracker's URLs we announce to, because peers are told apart by their ids.
        retry.answered((complete ?? 0) + (incomplete ?? 0) - 1, torrent.wires.length)
        onChange()
      },
      onFault: fault => {
        this.#client.onTrackerFault(fault)
        // It may refuse us until it knows that our previous socket is dead.
        if (fault.reason !== null && refusalIn(fault.reason) === null) retry.refused()
        onChange()
      },
    }
  }

  #introduce(isSeed: (wire: Wire | null) => boolean): Introductions {
    return new Introductions({
      ownId: this.#client.webtorrent.peerId,
      count: () => this.#torrent.wires.length,
      knows: id => this.connections.get(id) !== undefined,
      isSeed,
      createConnection: side => this.connections.create(side),
      add: connection => this.connections.add(connection, 'ut_pex'),
    })
  }

  /** Our own transport instead of webtorrent's pipes, which are for streams. */
  #useTransport(peer: Peer): void {
    if (peer.type !== 'webrtc') return
    peer.setThrottlePipes = () => {
      const { id, wire } = peer
      const connection = this.connections.get(id)
      if (!connection || !wire) return
      const { laneBudget: budget, rtcConfig } = this.#client
      this.connections.bind(wire, connection)
      const lanes = new Lanes({
        wire,
        firstId: connection.initiator ? 0 : 1,
        connect: () =>
          connectLike(connection.rtc, rtcConfig, { byRelay: this.connections.route(wire) === 'relay' }),
        budget,
      })
      this.#transports.set(wire, new DataChannelTransport(wire, connection, lanes))
    }
  }

  #onWire(wire: Wire): void {
    const connection = this.connections.of(wire)
    if (connection) this.#introductions?.addPeer(wire, connection.id)
    else {
      const peer = [...this.#torrent._peers.values()].find(peer => peer.wire === wire)
      if (peer?.conn && peer.type !== 'webrtc')
        this.#transports.set(wire, new PipedTransport(wire, peer.conn))
    }
  }
}
