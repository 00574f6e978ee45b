import { AppError } from '../errors.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { sharesFolder } from './opfs/folder.ts'

/** Shares with bytes on this computer's disk, with the room they take in bytes. */
export async function listStored(): Promise<{ readonly infoHash: InfoHash; readonly bytes: number }[]> {
  const stored = []
  for await (const [infoHash, folder] of (await sharesFolder()).entries()) {
    if (folder.kind !== 'directory') continue
    let bytes = 0
    for await (const entry of (folder as FileSystemDirectoryHandle).values()) {
      if (entry.kind === 'file') bytes += (await (entry as FileSystemFileHandle).getFile()).size
    }
    stored.push({ infoHash: infoHash as InfoHash, bytes })
  }
  return stored
}

/** Delete what is stored of a share; must not be open in any tab. Nothing stored is fine too. */
export async function deleteStored(infoHash: InfoHash): Promise<void> {
  const shares = await sharesFolder()
  await shares.removeEntry(infoHash, { recursive: true }).catch(reason => {
    if (!(reason instanceof DOMException) || reason.name !== 'NotFoundError') {
      throw new AppError('storage_failed', 'it is in use', { cause: reason })
    }
  })
}
