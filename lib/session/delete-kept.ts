import { deleteDownload } from './downloads.ts'
import type { LibraryEntry } from './library.ts'
import { forgetPublication } from './restore-publication.ts'
import { getSession } from './session.ts'

/**
 * Forget a share of the library and delete what is on disk of it. A publication's own files and its link stay; this
 * browser just does not share it any more. Errors: `storage_failed` (another program uses it).
 */
export async function deleteKept({ infoHash, kind }: LibraryEntry): Promise<void> {
  if (kind !== 'published') {
    await deleteDownload(infoHash)
    return
  }
  await forgetPublication(infoHash)
  await getSession().leave(infoHash)
}
