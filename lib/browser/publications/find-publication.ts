import { fetchMetainfo } from '../../api/client.ts'
import { NO_LIMITS } from '../../engine/view/snapshot.ts'
import { encodeTorrent } from '../../torrent/encode-torrent.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { BrowserTab } from '../browser-tab.ts'
import { getSavedRecord, type SavedPublication } from '../records/saved-records.ts'

/**
 * The saved record of a share that this browser published. Where it has none (the browser deleted it, or the share is
 * older than such records) one is made from the server's metainfo, with `title`: then files are recognised by their
 * bytes alone.
 * Errors: `share_not_found`, `server_unreachable`, `metainfo_invalid`.
 */
export async function findPublication(
  { seals }: BrowserTab,
  infoHash: InfoHash,
  title: string,
): Promise<SavedPublication> {
  const record = await getSavedRecord(infoHash).catch(() => undefined)
  if (record?.role === 'publisher') return record
  const { infoBytes, comment, name, files } = await seals.open(await fetchMetainfo(infoHash))
  return {
    role: 'publisher',
    infoHash,
    title,
    torrent: encodeTorrent({ infoBytes, announceList: [], comment }),
    seal: seals.get(infoHash),
    addedAt: new Date().toISOString(),
    paused: false,
    limits: NO_LIMITS,
    // No file has this time, so every byte is checked.
    sources: files.map(({ path, length }) => ({
      name: path.at(-1) ?? name,
      size: length,
      lastModified: Number.NaN,
      handle: null,
    })),
    folders: [],
  }
}
