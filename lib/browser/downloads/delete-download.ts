import { deleteStored } from '../../storage/opfs/stored-shares.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { BrowserTab } from '../browser-tab.ts'
import { deleteRecord, getSavedRecord, listSavedRecords } from '../records/saved-records.ts'

/** For how long an unfinished download that no library shows is worth its room. */
const TEMPORARY_MS = 7 * 86_400_000

/**
 * Leave the swarm, delete the record and the bytes on disk: whatever was saved elsewhere stays.
 * Errors: `share_open_elsewhere` (a tab that does not answer has it), `storage_failed`.
 */
export async function deleteDownload(tab: BrowserTab, infoHash: InfoHash): Promise<void> {
  const { locks, losses, session } = tab
  const record = await getSavedRecord(infoHash).catch(() => undefined)
  if (record?.role === 'reader') await deleteRecord(infoHash)
  losses.set(infoHash, 0)
  await session.remove(infoHash)
  if (!(await tab.findDisk())) return
  await deleteStored(infoHash).catch(async () => {
    // A tab that is just opening the files closes them when it finds no record.
    await locks.waitUntilFree(infoHash)
    await deleteStored(infoHash)
  })
}

/** Delete the `temporary` downloads of this browser that were saved, or are a week old, and that no tab runs. */
export async function deleteTemporary(tab: BrowserTab): Promise<void> {
  for (const record of await listSavedRecords()) {
    const { addedAt, infoHash } = record
    if (record.role !== 'reader' || !record.temporary || tab.session.getSwarm(infoHash)) continue
    if (record.saved || Date.now() - Date.parse(addedAt) > TEMPORARY_MS) await deleteDownload(tab, infoHash)
  }
}
