import { fetchMetainfo } from './api-client.ts'
import { getEngine } from './engine/index.ts'
import { requireCapabilities, swarmNetwork } from './network.ts'
import { MemoryStore } from './storage/memory-store.ts'
import { canStore } from './storage/opfs/folder.ts'
import { openOpfsStore } from './storage/opfs-store.ts'
import type { InfoHash } from './torrent/ids.ts'

/**
 * Join the swarm of a share and fetch the files at `selected` (indexes, metainfo order).
 * Errors: `insecure_context`, `webrtc_missing`, `share_not_found`, `server_unreachable`, `metainfo_invalid`,
 * `share_open_elsewhere`, `storage_full`, `storage_failed`.
 */
export async function startDownload(infoHash: InfoHash, selected: readonly number[]): Promise<void> {
  requireCapabilities()
  const engine = getEngine()
  const [metainfo, network] = await Promise.all([
    engine.metainfo(infoHash) ?? fetchMetainfo(infoHash),
    swarmNetwork(),
  ])
  const store = canStore() ? await openOpfsStore(metainfo, selected) : new MemoryStore(metainfo)
  await engine.join(metainfo, selected, network, store)
}
