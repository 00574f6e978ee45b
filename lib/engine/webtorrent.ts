import type WebTorrent from 'webtorrent'
import type { ChunkStore, Torrent, TorrentOptions, TrackerSocket, Wire } from 'webtorrent'
import { AppError } from '../errors.ts'
import type { PieceSource, PieceStore } from '../storage/piece-store.ts'
import { RarestFirst } from './webtorrent-picker.ts'

export type { Torrent, Wire }
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

type SwarmOptions = Pick<TorrentOptions, 'announce'> & {
  readonly store: PieceSource | PieceStore
  /** Bytes. */
  readonly pieceLength: number
  /** Pieces already verified (MSB first), or `'all'`. */
  readonly have: Uint8Array | 'all'
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

/** Add a swarm with nothing selected; `metainfo` carries no trackers of its own, so only `announce` is used. */
export function addTorrent(client: Client, metainfo: Uint8Array, options: SwarmOptions): Torrent {
  const { announce, have, pieceLength, store } = options
  const torrent = client.add(metainfo, {
    announce,
    preloadedStore: chunkStore(store, pieceLength),
    storeCacheSlots: 0,
    strategy: 'rarest',
    uploads: UPLOAD_SLOTS,
    deselect: true,
    ...(have === 'all' ? { skipVerify: true } : { bitfield: have }),
  })
  torrent.on('ready', () => {
    trackersOf(torrent).forEach(reconnectInSeconds)
    drawRarestCheaply(torrent)
  })
  return torrent
}

/** Our stores as webtorrent drives them. It closes what we close ourselves: nothing to do there. */
function chunkStore(store: PieceSource | PieceStore, pieceLength: number): ChunkStore {
  return {
    chunkLength: pieceLength,
    get: (index, range, done) =>
      store.read(index, range?.offset ?? 0, range?.length ?? pieceLength).then(
        bytes => done(null, bytes),
        reason => done(reason),
      ),
    put: (index, bytes, done) =>
      'write' in store
        ? store.write(index, bytes).then(() => done(null), done)
        : queueMicrotask(() => done(new AppError('storage_failed', 'published files are read-only'))),
    close: done => queueMicrotask(() => done(null)),
    destroy: done => queueMicrotask(() => done(null)),
  }
}

function drawRarestCheaply(torrent: Torrent): void {
  const { pieces, _rarityMap: map } = torrent
  const picker = new RarestFirst(pieces.length, () => ({ pieces, availability: map._pieces }))
  map.getRarestPiece = accepts => picker.draw(accepts, performance.now())
}

/** Whether the swarm's tracker can be reached right now. */
export function trackerState(torrent: Torrent): 'connecting' | 'connected' | 'unreachable' {
  const trackers = trackersOf(torrent)
  if (trackers.some(tracker => tracker.socket?.connected && !tracker.reconnecting)) return 'connected'
  return trackers.some(tracker => tracker.reconnecting) ? 'unreachable' : 'connecting'
}
