import { AppError } from '../base/errors.ts'
import type { SwarmNetwork } from '../network/swarm-network.ts'
import { encodeTorrent } from '../torrent/encode-torrent.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../torrent/metainfo.ts'
import type { Client } from './client.ts'
import { SwarmPeers } from './connect/swarm-peers.ts'
import { UNUSED_STORE } from './unused-store.ts'

type Sources = Pick<SwarmNetwork, 'peers' | 'trackers'>

/** See `SwarmEngine.fetchMetainfo`. */
export async function fetchMetainfo(
  client: Client,
  infoHash: InfoHash,
  sources: Sources,
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
  { peers: addresses = [], trackers: announce }: Sources,
  signal: AbortSignal,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const { webtorrent } = client
    const torrent = webtorrent.add({ infoHash }, { preloadedStore: UNUSED_STORE, deselect: true })
    const peers = new SwarmPeers(client, torrent, {
      infoHash,
      announce,
      peers: addresses,
      // The size is unknown, but it must not be 0: the tracker would take us for a seed and not offer us other seeds.
      progress: () => ({ uploaded: 0, downloaded: 0, left: 1 }),
      isSeed: null,
      onChange: () => undefined,
      onNotTracked: () => undefined,
    })
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', cancel)
      const left = peers.stop()
      const settled = () => {
        left.then(settle, settle)
      }
      if (torrent.destroyed) settled()
      else torrent.destroy({ destroyStore: false }, settled)
    }
    const cancel = () => end(() => reject(new AppError('cancelled')))
    // Replaced, because webtorrent would start to download, with a dictionary that it encoded again.
    torrent._onMetadata = () => {
      const sender = torrent.wires.find(wire => wire.ut_metadata?._metadataComplete)
      const infoBytes = sender?.ut_metadata?.metadata?.slice()
      if (infoBytes) end(() => resolve(infoBytes))
    }
    torrent.on('infoHash', () => {
      const start = () => {
        if (!torrent.destroyed) peers.start()
      }
      if (webtorrent.listening) start()
      else webtorrent.once('listening', start)
    })
    torrent.on('error', reason => end(() => reject(reason)))
    signal.addEventListener('abort', cancel, { once: true })
    if (signal.aborted) cancel()
  })
}
