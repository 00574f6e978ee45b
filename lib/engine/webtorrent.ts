import type WebTorrent from 'webtorrent'
import type { ChunkStore, Connection, Peer, Torrent, TrackerSocket, Wire } from 'webtorrent'
import { AppError } from '../errors.ts'
import { Lane } from './lane.ts'

export type { Connection, Torrent, Wire }
export type Client = WebTorrent

/** Upload slots: a lone publisher must not leave the eleventh reader waiting (webtorrent's default is 10). */
const UPLOAD_SLOTS = 40

/** A webtorrent client that finds peers through our tracker only: no DHT, no local discovery, no port mapping. */
export async function createClient(): Promise<Client> {
  const { default: WebTorrentClient } = await import('webtorrent')
  return new WebTorrentClient({
    // Each swarm sets the ICE servers it brings; without any, webtorrent would take public ones.
    tracker: { rtcConfig: { iceServers: [] } },
    dht: false,
    lsd: false,
    utPex: false,
    natUpnp: false,
    natPmp: false,
    webSeeds: false,
  })
}

interface TorrentOptions {
  readonly announce: readonly string[]
  /** Pieces that are here (BEP 3 bitfield), believed as they are. */
  readonly have: Uint8Array
  /** Called with each new peer after its handshake; `lane` is null for peers that come by something else than WebRTC. */
  readonly onPeer: (wire: Wire, lane: Lane | null) => void
}

const RECONNECT_MAX_MS = 30_000

/**
 * webtorrent dials a lost tracker again after 10 s to 5 min, and until then nobody new finds this tab. Ours comes
 * back within 30 s: at first after about a second, then doubling, with jitter so that a restarted server is not
 * met by everybody at once.
 */
function reconnectInSeconds(tracker: TrackerSocket): void {
  tracker._startReconnectTimer = () => {
    tracker.reconnecting = true
    if (tracker.reconnectTimer) clearTimeout(tracker.reconnectTimer)
    const limit = Math.min(RECONNECT_MAX_MS, 1000 * 2 ** tracker.retries)
    tracker.reconnectTimer = setTimeout(
      () => {
        tracker.retries++
        tracker._openSocket()
        // Swarms share one socket. One that joins while another is still opening it is not told when it opens.
        const { socket } = tracker
        if (socket && !socket.connected) socket.once('connect', () => tracker._onSocketConnect())
      },
      limit * (0.5 + Math.random() / 2),
    )
  }
}

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
  const register = torrent._registerPeer
  torrent._registerPeer = peer => {
    useLane(peer, lanes)
    register.call(torrent, peer)
  }
  torrent.on('wire', wire => options.onPeer(wire, lanes.get(wire) ?? null))
  torrent.on('ready', () => trackersOf(torrent).forEach(reconnectInSeconds))
  return torrent
}

/** One that was connected before we heard of it keeps webtorrent's own pipes: slower, otherwise the same. */
function useLane(peer: Peer, lanes: WeakMap<Wire, Lane>): void {
  if (peer.type !== 'webrtc' || peer.connected) return
  peer.setThrottlePipes = () => lanes.set(peer.wire, new Lane(peer.wire, peer.conn))
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
  for (const peer of torrent._peers.values()) if (peer.wire === wire) return peer.id
  return wire.peerId
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
