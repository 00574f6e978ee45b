import { AppError } from '../../base/errors.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { sharesFolder } from './folder.ts'

/** Shares with bytes on this computer's disk. */
export async function listStored(): Promise<InfoHash[]> {
  const stored = []
  for await (const [infoHash, folder] of (await sharesFolder()).entries()) {
    if (folder.kind === 'directory') stored.push(infoHash as InfoHash)
  }
  return stored
}

/**
 * Sum of the sizes of what is stored of a share, in bytes; 0 when nothing is. Files with gaps count whole. Looks at
 * every file: not for each frame.
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

/** Delete what is stored of a share; must not be open in any tab. Nothing stored is fine too. Errors: `storage_failed`. */
export async function deleteStored(infoHash: InfoHash): Promise<void> {
  const shares = await sharesFolder()
  await shares.removeEntry(infoHash, { recursive: true }).catch(reason => {
    if (!isMissing(reason)) throw new AppError('storage_failed', 'it is in use', { cause: reason })
  })
}

const isMissing = (reason: unknown): boolean =>
  reason instanceof DOMException && reason.name === 'NotFoundError'
