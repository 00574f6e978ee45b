import type { LibraryEntry } from '../browser/library/library.ts'
import { forgetPublication } from '../browser/publications/restore-publication.ts'
import { getSession } from '../browser/session/session.ts'
import { deleteDownload } from './downloads.ts'

/**
 * Forget a share of the library and delete what is on disk of it. A publication's own files and its link stay; this
 * browser just does not share it any more. Errors: `share_open_elsewhere` (a tab that does not answer has it),
 * `storage_failed`.
 */
export async function deleteKept({ infoHash, kind }: LibraryEntry): Promise<void> {
  if (kind === 'published') {
    await forgetPublication(infoHash)
    await getSession().leave(infoHash)
  }
  // Also of what was downloaded before it was published from here.
  await deleteDownload(infoHash)
}
