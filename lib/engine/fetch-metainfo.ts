import { AppError } from '../base/errors.ts'
import type { SwarmNetwork } from '../network/swarm-network.ts'
import { encodeTorrent } from '../torrent/encode-torrent.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../torrent/metainfo.ts'
import { keepCalling } from './connect/keep-calling.ts'
import { PeerRetry } from './connect/peer-retry.ts'
import type { TrackerFault } from './connect/tracker-faults.ts'
import { announceAgain, patchTrackers } from './connect/tracker-socket.ts'
import { UNUSED_STORE } from './unused-store.ts'
import type { Client } from './webtorrent-types.ts'

interface MetadataSources extends Pick<SwarmNetwork, 'peers' | 'trackers'> {
  /** See `ClientOptions`. */
  readonly onTrackerFault?: ((fault: TrackerFault) => void) | undefined
}

/** See `SwarmEngine.fetchMetainfo`. */
export async function fetchMetainfo(
  client: Client,
  infoHash: InfoHash,
  sources: MetadataSources,
  signal: AbortSignal,
): Promise<Metainfo> {
  const infoBytes = await fetchMetadata(client, infoHash, sources, signal)
  const metainfo = await parseMetainfo(encodeTorrent({ infoBytes, announceList: [] }))
  if (metainfo.infoHash !== infoHash)
    throw new AppError('metainfo_invalid', 'the metainfo belongs to another share')
  return metainfo
}

/**
 * The info dictionary of a share from its peers (BEP 9), when only its info hash is known: the bytes they sent, verified
 * against the info hash. Errors: `cancelled` when `signal` aborts first; those of webtorrent.
 */
function fetchMetadata(
  client: Client,
  infoHash: InfoHash,
  { onTrackerFault, peers = [], trackers: announce }: MetadataSources,
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
    // The size is unknown, but it must not be 0: the tracker would take us for a seed and not offer us other seeds.
    torrent._getAnnounceOpts = () => ({ left: 1 })
    // Replaced, because webtorrent would start to download, with a dictionary that it encoded again.
    torrent._onMetadata = () => {
      const sender = torrent.wires.find(wire => wire.ut_metadata?._metadataComplete)
      const infoBytes = sender?.ut_metadata?.metadata?.slice()
      if (infoBytes) end(() => resolve(infoBytes))
    }
    const startDiscovery = torrent._startDiscovery
    torrent._startDiscovery = () => {
      startDiscovery.call(torrent)
      keepCalling(torrent, peers)
      const tracker = torrent.discovery?.tracker
      if (tracker) patchTrackers(tracker, new PeerRetry(() => announceAgain(tracker)), onTrackerFault)
    }
    torrent.on('error', reason => end(() => reject(reason)))
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
  })
}
