import type { InfoHash } from '../../lib/torrent/ids.ts'
import { keyOf, prefixOf, shareOfKey } from './keys.ts'
import { Lanes } from './lanes.ts'
import type { Objects } from './objects.ts'

/** Requests at a time. */
const LANES = 8

/** Removes all that the bucket has of a share, uploads that have not ended too. Errors: `BucketError`, the reason of `signal`. */
export async function removeShare(
  objects: Objects,
  { infoHash, openFile }: { readonly infoHash: InfoHash; readonly openFile: number | null },
  signal: AbortSignal,
): Promise<void> {
  const lanes = new Lanes(LANES)
  try {
    // Uploads first: one that ends would leave an object. Some storages find them only by the complete key.
    const prefixes = [prefixOf(infoHash), ...(openFile === null ? [] : [keyOf(infoHash, openFile)])]
    for (const prefix of prefixes) {
      for (const upload of await objects.openUploads(prefix, signal))
        if (shareOfKey(upload.key) === infoHash) await objects.abortUpload(upload, signal)
    }
    for await (const { key } of objects.list(prefixOf(infoHash), signal))
      await lanes.add(() => objects.remove(key, signal))
    await lanes.done()
  } finally {
    await lanes.settled()
  }
}
