import { AppError } from '../../base/errors.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { sharesFolder } from './folder.ts'

/** Info hashes of the shares with bytes on disk. */
export async function listStored(): Promise<InfoHash[]> {
  const stored = []
  for await (const [infoHash, folder] of (await sharesFolder()).entries()) {
    if (folder.kind === 'directory') stored.push(infoHash as InfoHash)
  }
  return stored
}

/**
 * Size of the stored files of a share, in bytes; 0 when there are none. Sparse files count in full. Reads the size of every
 * file: too slow to call often.
 */
export async function storedBytes(infoHash: InfoHash): Promise<number> {
  let bytes = 0
  try {
    const folder = await (await sharesFolder()).getDirectoryHandle(infoHash)
    for await (const entry of folder.values()) {
      if (entry.kind === 'file') bytes += (await (entry as FileSystemFileHandle).getFile()).size
    }
  } catch (reason) {
    if (!isMissing(reason)) throw reason
  }
  return bytes
}

/** Delete the stored files of a share, if there are any; no tab may have it open. Errors: `storage_failed`. */
export async function deleteStored(infoHash: InfoHash): Promise<void> {
  const shares = await sharesFolder()
  await shares.removeEntry(infoHash, { recursive: true }).catch(reason => {
    if (!isMissing(reason)) throw new AppError('storage_failed', 'it is in use', { cause: reason })
  })
}

const isMissing = (reason: unknown): boolean =>
  reason instanceof DOMException && reason.name === 'NotFoundError'
