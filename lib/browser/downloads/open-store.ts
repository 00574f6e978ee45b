import { MemoryStore } from '../../storage/memory-store.ts'
import { isUnsupported, openOpfsStore } from '../../storage/opfs/opfs-store.ts'
import { deleteStored } from '../../storage/opfs/stored-shares.ts'
import type { PieceStore } from '../../storage/piece-store.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BrowserTab } from '../browser-tab.ts'

/**
 * The store of a share for the files at `selected`, with what is there: on the disk, or in memory where this browser has none that
 * works. Errors: those of `openOpfsStore`.
 */
export async function openStore(
  tab: BrowserTab,
  metainfo: Metainfo,
  selected: readonly number[],
): Promise<PieceStore> {
  if (!(await tab.findDisk())) return new MemoryStore(metainfo)
  try {
    return await openOpfsStore(metainfo, selected)
  } catch (reason) {
    if (!isUnsupported(reason)) throw reason
    tab.hasDisk = false
    // Its folder is empty.
    await deleteStored(metainfo.infoHash).catch(() => undefined)
    return new MemoryStore(metainfo)
  }
}
