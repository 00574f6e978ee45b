import { BLOCKED, NOT_TRACKED } from '../protocol/announce.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { readCandidatePair } from './connect/candidate-pair.ts'
import { keepCalling } from './connect/keep-calling.ts'
import { connectLike } from './connect/lanes/connect-like.ts'
import { LaneBudget } from './connect/lanes/lane-budget.ts'
import { Lanes } from './connect/lanes/lanes.ts'
import { isAnnounced } from './connect/offers.ts'
import { PeerConnections, type Route } from './connect/peer-connections.ts'
import { introduce, peerOf } from './connect/peer-identity.ts'
import type { TrackerFault } from './connect/tracker-faults.ts'
import { announceAgain, patchTrackers, wakeTrackers } from './connect/tracker-socket.ts'
import { DataChannelTransport, PipedTransport, type WireTransport } from './connect/wire-transport.ts'
import { UNUSED_STORE } from './unused-store.ts'
import type { Client, ParsedTorrent, Peer, Torrent, TrackerSocket, Wire } from './webtorrent-types.ts'

/** Upload slots: a lone publisher must not leave the eleventh reader waiting (webtorrent's default is 10). */
const UPLOAD_SLOTS = 40

/** Options that only Node clients support. */
export interface ClientOptions {
  /** TCP port for classic clients; 0 takes any free one. */
  readonly torrentPort?: number
  /** uTP in addition to TCP. Its native module is known to crash with many peers. */
  readonly utp?: boolean
  /** Find peers of public shares by DHT and peer exchange, which contact outside hosts. */
  readonly dht?: boolean
  /** Settings of Node's WebRTC (port range, one UDP port) that browsers do not have. */
  readonly rtc?: Readonly<Record<string, unknown>>
  /** Most peers of one swarm, including WebRTC peers, which webtorrent's own limit ignores. */
  readonly maxPeers?: number
  /** Round trip to a peer, in milliseconds, from which on it may have further connections; default 10. */
  readonly laneRoundTripMs?: number
  /** Node's agent for the sockets of trackers. */
  readonly socketAgent?: object
  /** Called whenever a tracker of any swarm fails or answers. */
  readonly onTrackerFault?: ((fault: TrackerFault) => void) | undefined
}

const faultListeners = new WeakMap<Client, (fault: TrackerFault) => void>()

const laneBudgets = new WeakMap<Client, LaneBudget>()

/** A webtorrent client that finds peers through our tracker only, unless `dht` is set: no local discovery, no port mapping. */
export async function createClient({
  dht = false,
  onTrackerFault,
  rtc,
  socketAgent: agent,
  torrentPort = 0,
  utp = false,
}: ClientOptions): Promise<Client> {
  const { default: WebTorrentClient } = await import('webtorrent')
  const client = new WebTorrentClient({
    // Each swarm sets its own ICE servers; without any here, webtorrent would use public ones.
    tracker: {
      rtcConfig: { ...rtc, iceServers: [] },
      // Clients over UDP fail without saying that there is none for them.
      ...(agent && { proxyOpts: { httpAgent: agent, httpsAgent: agent, socksProxy: null } }),
    },
    torrentPort,
    utp,
    dht,
    lsd: false,
    utPex: dht,
    natUpnp: false,
    natPmp: false,
    webSeeds: false,
  })
  if (onTrackerFault) faultListeners.set(client, onTrackerFault)
  laneBudgets.set(client, new LaneBudget())
  return client
}

interface TorrentOptions {
  readonly announce: readonly string[]
  /** Addresses to call; see `SwarmNetwork`. */
  readonly peers: readonly string[]
  /** Pieces that are here (BEP 3 bitfield), not verified again. */
  readonly have: Uint8Array
  readonly maxPeers?: number | undefined
  /** Whether every piece is here. */
  readonly isComplete: () => boolean
  /** Called with each new peer after its handshake; `transport` is null for one that was connected before we could replace its pipes. */
  readonly onPeer: (wire: Wire, transport: WireTransport | null) => void
  /** Called when a peer's route or the set of unreached peers changes. */
  readonly onChange: () => void
  /** Called with each announce after which every tracker says that it does not track this share, or that its operator blocked it. */
  readonly onNotTracked: (why: NotTracked) => void
}

export type NotTracked = 'share_not_found' | 'share_blocked'

const connectionsOf = new WeakMap<Torrent, PeerConnections>()

const trackersOf = (torrent: Torrent): readonly TrackerSocket[] => torrent.discovery?.tracker?._trackers ?? []

/**
 * Add a swarm. webtorrent finds peers, keeps the connections and speaks the protocol; requests, answers and the transport
 * over data channels are ours. Trackers and web seeds of `metainfo` are ignored.
 */
export function addTorrent(client: Client, metainfo: Metainfo, options: TorrentOptions): Torrent {
  const torrent = client.add(parsedTorrentOf(metainfo), {
    announce: options.announce,
    preloadedStore: UNUSED_STORE,
    storeCacheSlots: 0,
    uploads: UPLOAD_SLOTS,
    deselect: true,
    bitfield: options.have,
  })
  const process = torrent._processParsedTorrent
  torrent._processParsedTorrent = parsed => {
    process.call(torrent, parsed)
    // What peers are sent when they ask for the metainfo (BEP 9).
    torrent.torrentFile = metainfo.infoBytes
  }
  torrent._verifyPieces = done => done(null)
  for (const method of ['_update', '_updateWireInterest', '_updateSelections', '_checkDone'] as const) {
    torrent[method] = () => {}
  }
  const transports = new WeakMap<Wire, WireTransport>()
  const connections = new PeerConnections(torrent, client.peerId, {
    announce: () => {
      if (torrent.discovery?.tracker) announceAgain(torrent.discovery.tracker)
    },
    // Whatever broke this connection may have broken the tracker's as well.
    onSilence: () => {
      if (torrent.discovery?.tracker) wakeTrackers(torrent.discovery.tracker, { findPeers: false })
    },
    onChange: options.onChange,
  })
  connectionsOf.set(torrent, connections)
  // The tracker alone says who takes part in a private swarm (BEP 27).
  const introductions = metainfo.private
    ? null
    : introduce(torrent, client.peerId, metainfo.pieceCount, options.isComplete)
  const { _registerPeer: register, addPeer } = torrent
  torrent.addPeer = (peer, source) => {
    if (typeof peer !== 'string' && !torrent.destroyed) connections.prefer(peer)
    return addPeer.call(torrent, peer, source)
  }
  torrent._registerPeer = peer => {
    useTransport(peer, transports, client, wire => connections.route(wire))
    connections.watch(peer)
    register.call(torrent, peer)
  }
  torrent.on('wire', wire => {
    if (options.maxPeers !== undefined && torrent.wires.length > options.maxPeers) {
      wire.destroy()
      return
    }
    const peer = peerOf(torrent, wire)
    if (peer?.type === 'webrtc') introductions?.addPeer(wire, peer.id)
    if (peer?.conn && peer.type !== 'webrtc') transports.set(wire, new PipedTransport(wire, peer.conn))
    options.onPeer(wire, transports.get(wire) ?? null)
  })
  torrent.on('ready', () => {
    keepCalling(torrent, options.peers)
    const tracker = torrent.discovery?.tracker
    if (!tracker) return
    const refusing = new Map<string, string>()
    patchTrackers(tracker, connections.retry, fault => {
      faultListeners.get(client)?.(fault)
      if (fault.reason === null) refusing.delete(fault.url)
      if (!isRefusal(fault.reason)) return
      refusing.set(fault.url, fault.reason)
      if (!tracker._trackers.every(({ announceUrl }) => refusing.has(announceUrl))) return
      const isBlocked = [...refusing.values()].every(reason => reason === BLOCKED)
      options.onNotTracked(isBlocked ? 'share_blocked' : 'share_not_found')
    })
    tracker.on('warning', ({ message }) => {
      if (!isRefusal(message)) connections.retry.refused()
    })
    tracker.on('update', ({ complete, incomplete }) => {
      // Each announce URL counts us once; a Node client announces over WebRTC and TCP.
      const others = (Number(complete) || 0) + (Number(incomplete) || 0) - options.announce.length
      connections.retry.answered(others, torrent.wires.length)
    })
  })
  return torrent
}

/** Whether a tracker says that it does not track a share, now or ever. */
const isRefusal = (reason: string | null): reason is string => reason === NOT_TRACKED || reason === BLOCKED

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

/** Measures the round trip to a peer on its first connection; `done` gets milliseconds where it is known. */
export function measureRoundTrip(torrent: Torrent, wire: Wire, done: (milliseconds: number) => void): void {
  const connection = peerOf(torrent, wire)?.conn?._pc
  if (!connection) return
  readCandidatePair(connection).then(
    ({ roundTripMs }) => {
      if (roundTripMs !== null && !wire.destroyed) done(roundTripMs)
    },
    // It is closing.
    () => undefined,
  )
}

/** How a peer is reached: by WebRTC, directly or through a relay, or by TCP or uTP. */
export function routeOf(torrent: Torrent, wire: Wire): 'direct' | 'relay' | 'tcp' {
  if (wire.type !== 'webrtc') return 'tcp'
  return connectionsOf.get(torrent)?.route(wire) ?? 'direct'
}

/** Peers of the swarm that no connection succeeded with. */
export const unreachedPeers = (torrent: Torrent): number => connectionsOf.get(torrent)?.retry.unreached ?? 0

/** See `SwarmEngine.wake`. */
export function wake(torrent: Torrent, { networkChanged }: { readonly networkChanged: boolean }): void {
  const tracker = torrent.discovery?.tracker
  if (tracker) wakeTrackers(tracker, { findPeers: networkChanged || torrent.wires.length === 0 })
}

/** A peer that is connected already keeps webtorrent's own pipes: slower, otherwise the same. */
function useTransport(
  peer: Peer,
  transports: WeakMap<Wire, WireTransport>,
  client: Client,
  route: (wire: Wire) => Route,
): void {
  if (peer.type !== 'webrtc' || peer.connected) return
  peer.setThrottlePipes = () => {
    const { conn, wire } = peer
    if (!conn || !wire) return
    const lanes = new Lanes({
      wire,
      firstId: conn.initiator ? 0 : 1,
      connect: () => connectLike(conn, client.tracker.rtcConfig, route(wire)),
      budget: laneBudgets.get(client) ?? new LaneBudget(),
    })
    transports.set(wire, new DataChannelTransport(wire, conn, lanes))
  }
}

/** Tell all peers that piece `index` is here, even those that have it: they count the copies. */
export function announcePiece(torrent: Torrent, index: number): void {
  torrent._markVerified(index)
  for (const wire of torrent.wires) wire.have(index)
}

/** Tell all peers that piece `index` is no longer here (BEP 54), and the tracker that we are no seed. */
export function withdrawPiece(torrent: Torrent, index: number): void {
  torrent._markUnverified(index)
  torrent.done = false
  for (const wire of [...torrent.wires]) {
    wire.lt_donthave.donthave(index)
    // Clients choke seeds for good, as we were to them: only a new connection starts unchoked.
    if (wire.peerChoking) wire.destroy()
  }
  if (torrent.discovery?.tracker) announceAgain(torrent.discovery.tracker)
}

/** Tell the tracker that all pieces are here, so that it counts us as a seed (BEP 3 `completed`). */
export function announceComplete(torrent: Torrent): void {
  if (torrent.done) return
  torrent.done = true
  torrent.discovery?.complete()
}

/** Whether the swarm's tracker can be reached right now; `connected` once it has confirmed an announce. */
export function trackerState(torrent: Torrent): 'connecting' | 'connected' | 'unreachable' {
  const trackers = trackersOf(torrent)
  if (trackers.some(tracker => tracker.socket?.connected && !tracker.reconnecting && isAnnounced(tracker)))
    return 'connected'
  return trackers.some(tracker => tracker.reconnecting) ? 'unreachable' : 'connecting'
}
