import type { BrowserTab } from '../browser-tab.ts'
import { deleteDownload } from '../downloads/delete-download.ts'
import { forgetPublication } from '../publications/restore-publication.ts'
import type { LibraryEntry } from './library.ts'

/**
 * Delete a share from the library, with its bytes on disk. A publication's own files and its link stay; this browser
 * just does not share it any more. Errors: `share_open_elsewhere` (a tab that does not answer has it),
 * `storage_failed`.
 */
export async function deleteEntry(tab: BrowserTab, { infoHash, kind }: LibraryEntry): Promise<void> {
  if (kind === 'published') {
    await forgetPublication(tab, infoHash)
    await tab.session.leave(infoHash)
  }
  // Also the bytes of a download of the same share from before it was published here.
  await deleteDownload(tab, infoHash)
}
