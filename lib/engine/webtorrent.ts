import type WebTorrent from 'webtorrent'
import type { ChunkStore, Connection, Peer, Torrent, TrackerClient, TrackerSocket, Wire } from 'webtorrent'
import { AppError } from '../base/errors.ts'
import { NOT_TRACKED } from '../protocol/announce.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { Calls } from './connect/peer-connections.ts'
import { Redial } from './connect/peer-retry.ts'
import { announceAgain, improveTrackers, wakeTrackers } from './connect/tracker-socket.ts'
import { ChannelLane, type Lane, PipedLane } from './connect/wire-transport.ts'

export type { Connection, Peer, Torrent, TrackerClient, TrackerSocket, Wire }
export type Client = WebTorrent

/** Upload slots: a lone publisher must not leave the eleventh reader waiting (webtorrent's default is 10). */
const UPLOAD_SLOTS = 40

/** What a computer may be told that a tab can't do. */
export interface ClientOptions {
  /** TCP port for classic clients; 0 takes any free one. */
  readonly torrentPort?: number
  /** uTP beside TCP. Its native part has crashed others with many peers. */
  readonly utp?: boolean
  /** Find peers of public shares by DHT and peer exchange, which ask outside hosts. */
  readonly dht?: boolean
  /** Settings of the computer's WebRTC (port range, one UDP port) that browsers do not have. */
  readonly rtc?: Readonly<Record<string, unknown>>
  /** Most peers of one swarm, WebRTC included, which webtorrent does not count. */
  readonly maxPeers?: number
}

/** A webtorrent client that finds peers through our tracker only, unless told: no local discovery, no port mapping. */
export async function createClient({
  dht = false,
  rtc,
  torrentPort = 0,
  utp = false,
}: ClientOptions): Promise<Client> {
  const { default: WebTorrentClient } = await import('webtorrent')
  return new WebTorrentClient({
    // Each swarm sets the ICE servers it brings; without any, webtorrent would take public ones.
    tracker: { rtcConfig: { ...rtc, iceServers: [] } },
    torrentPort,
    utp,
    dht,
    lsd: false,
    utPex: dht,
    natUpnp: false,
    natPmp: false,
    webSeeds: false,
  })
}

interface TorrentOptions {
  readonly announce: readonly string[]
  /** Pieces that are here (BEP 3 bitfield), believed as they are. */
  readonly have: Uint8Array
  readonly maxPeers?: number | undefined
  /** Called with each new peer after its handshake; `lane` is null for one that was connected before we heard of it. */
  readonly onPeer: (wire: Wire, lane: Lane | null) => void
  /** Called when a peer's route or who can't be reached changed. */
  readonly onChange: () => void
}

const callsOf = new WeakMap<Torrent, Calls>()

const trackersOf = (torrent: Torrent): readonly TrackerSocket[] => torrent.discovery?.tracker?._trackers ?? []

/**
 * Add a swarm. webtorrent finds and keeps the peers and speaks the protocol; what is asked of whom, what is answered and
 * how bytes get in and out of a data channel is ours. `metainfo` carries no trackers of its own: only `announce` is used.
 */
export function addTorrent(client: Client, metainfo: Uint8Array, options: TorrentOptions): Torrent {
  const torrent = client.add(metainfo, {
    announce: options.announce,
    preloadedStore: UNUSED_STORE,
    storeCacheSlots: 0,
    uploads: UPLOAD_SLOTS,
    deselect: true,
    bitfield: options.have,
  })
  torrent._verifyPieces = done => done(null)
  for (const method of ['_update', '_updateWireInterest', '_updateSelections', '_checkDone'] as const) {
    torrent[method] = () => {}
  }
  const lanes = new WeakMap<Wire, Lane>()
  const calls = new Calls(torrent, client.peerId, {
    announce: () => {
      if (torrent.discovery?.tracker) announceAgain(torrent.discovery.tracker)
    },
    // What broke this connection may have broken the tracker's too.
    onSilence: () => {
      if (torrent.discovery?.tracker) wakeTrackers(torrent.discovery.tracker, false)
    },
    onChange: options.onChange,
  })
  callsOf.set(torrent, calls)
  const { _registerPeer: register, addPeer } = torrent
  torrent.addPeer = (peer, source) => {
    if (typeof peer !== 'string' && !torrent.destroyed) calls.prefer(peer)
    return addPeer.call(torrent, peer, source)
  }
  torrent._registerPeer = peer => {
    useLane(peer, lanes)
    calls.follow(peer)
    register.call(torrent, peer)
  }
  torrent.on('wire', wire => {
    if (options.maxPeers !== undefined && torrent.wires.length > options.maxPeers) {
      wire.destroy()
      return
    }
    const peer = peerOf(torrent, wire)
    if (peer && peer.type !== 'webrtc') lanes.set(wire, new PipedLane(wire, peer.conn))
    options.onPeer(wire, lanes.get(wire) ?? null)
  })
  torrent.on('ready', () => {
    const tracker = torrent.discovery?.tracker
    if (!tracker) return
    improveTrackers(tracker, calls.redial)
    tracker.on('warning', ({ message }) => {
      if (message !== NOT_TRACKED) calls.redial.refused()
    })
    tracker.on('update', ({ complete, incomplete }) => {
      // A computer is counted once for WebRTC and once for TCP.
      const others = (Number(complete) || 0) + (Number(incomplete) || 0) - options.announce.length
      calls.redial.answered(others, torrent.wires.length)
    })
  })
  return torrent
}

/** How a peer is reached: straight or through a relay by WebRTC, or by TCP or uTP. */
export function viaOf(torrent: Torrent, wire: Wire): 'direct' | 'relay' | 'tcp' {
  if (wire.type !== 'webrtc') return 'tcp'
  return callsOf.get(torrent)?.route(wire) ?? 'direct'
}

/** Peers that are in the swarm and that no connection came about with. */
export const unreachedPeers = (torrent: Torrent): number => callsOf.get(torrent)?.redial.unreached ?? 0

/** This computer woke up or came to another network. */
export function wake(torrent: Torrent, networkChanged: boolean): void {
  const tracker = torrent.discovery?.tracker
  if (tracker) wakeTrackers(tracker, networkChanged || torrent.wires.length === 0)
}

/**
 * The metainfo of a share of which only the info hash is known, from its peers (BEP 9): bencoded, without trackers, and
 * with that info hash. Errors: `cancelled`, when `signal` aborts before anybody sent it; what webtorrent fails with.
 */
export function fetchMetadata(
  client: Client,
  infoHash: InfoHash,
  announce: readonly string[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const torrent = client.add(
      { infoHash, announce },
      { announce, preloadedStore: UNUSED_STORE, deselect: true },
    )
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', cancel)
      if (torrent.destroyed) settle()
      else torrent.destroy({ destroyStore: false }, settle)
    }
    const cancel = () => end(() => reject(new AppError('cancelled')))
    // How much is left is not known, only that it is not nothing: a seed is sent to nobody who has it.
    torrent._getAnnounceOpts = () => ({ left: 1 })
    // webtorrent would go on to download with it.
    torrent._onMetadata = metadata => end(() => resolve(metadata))
    const startDiscovery = torrent._startDiscovery
    torrent._startDiscovery = () => {
      startDiscovery.call(torrent)
      const tracker = torrent.discovery?.tracker
      if (tracker) improveTrackers(tracker, new Redial(() => announceAgain(tracker)))
    }
    torrent.on('error', reason => end(() => reject(reason)))
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
  })
}

/** One that was connected before we heard of it keeps webtorrent's own pipes: slower, otherwise the same. */
function useLane(peer: Peer, lanes: WeakMap<Wire, Lane>): void {
  if (peer.type !== 'webrtc' || peer.connected) return
  peer.setThrottlePipes = () => lanes.set(peer.wire, new ChannelLane(peer.wire, peer.conn))
}

/** webtorrent insists on a store; the scheduler and the uploaders use ours without it. */
const UNUSED_STORE: ChunkStore = {
  chunkLength: 0,
  get: (_index, _range, done) => done(new AppError('internal', 'webtorrent read from the store')),
  put: (_index, _bytes, done) => done(new AppError('internal', 'webtorrent wrote to the store')),
  close: done => queueMicrotask(() => done(null)),
  destroy: done => queueMicrotask(() => done(null)),
}

/**
 * A name for blame that a peer can't choose freely: the id its tracker socket is bound to, or the address it came from.
 * What it says of itself in the handshake could be anybody's.
 */
export function nameOf(torrent: Torrent, wire: Wire): string {
  if (wire.type !== 'webrtc') return wire.remoteAddress ?? wire.peerId
  return peerOf(torrent, wire)?.id ?? wire.peerId
}

function peerOf(torrent: Torrent, wire: Wire): Peer | undefined {
  for (const peer of torrent._peers.values()) if (peer.wire === wire) return peer
  return undefined
}

/** Tell everybody that piece `index` is here; also those who have it, they count the copies. */
export function announcePiece(torrent: Torrent, index: number): void {
  torrent._markVerified(index)
  for (const wire of torrent.wires) wire.have(index)
}

/** All pieces are here: the tracker counts us as a seed from now on (BEP 3 `completed`). */
export function announceComplete(torrent: Torrent): void {
  if (torrent.done) return
  torrent.done = true
  torrent.discovery?.complete()
}

/** Whether the swarm's tracker can be reached right now. */
export function trackerState(torrent: Torrent): 'connecting' | 'connected' | 'unreachable' {
  const trackers = trackersOf(torrent)
  if (trackers.some(tracker => tracker.socket?.connected && !tracker.reconnecting)) return 'connected'
  return trackers.some(tracker => tracker.reconnecting) ? 'unreachable' : 'connecting'
}
