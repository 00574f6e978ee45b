import { fetchMetainfo } from '../../api/client.ts'
import { NO_LIMITS } from '../../engine/view/snapshot.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { encodeTorrent } from '../../torrent/metainfo.ts'
import { getKeptShare, type KeptPublication } from '../records/saved-records.ts'

/**
 * What this browser keeps of a share it published. Without that (published before such things were kept, or evicted)
 * the server knows the pieces: then files are recognised by their bytes alone, and it is called `title`.
 * Errors: `share_not_found`, `server_unreachable`, `metainfo_invalid`.
 */
export async function findPublication(infoHash: InfoHash, title: string): Promise<KeptPublication> {
  const kept = await getKeptShare(infoHash).catch(() => undefined)
  if (kept?.role === 'publisher') return kept
  const { infoBytes, comment, name, files } = await fetchMetainfo(infoHash)
  return {
    role: 'publisher',
    infoHash,
    title,
    torrent: encodeTorrent({ infoBytes, announceList: [], comment }),
    addedAt: new Date().toISOString(),
    paused: false,
    limits: NO_LIMITS,
    // No file has this time: every byte is checked.
    sources: files.map(({ path, length }) => ({
      name: path.at(-1) ?? name,
      size: length,
      lastModified: Number.NaN,
      handle: null,
    })),
    folders: [],
  }
}
