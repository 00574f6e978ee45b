import type { PickedFile } from '../../publish/plan.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/**
 * How far a publication is on its way back after a reload:
 * `checking` the bytes of files that were touched (amounts in bytes, 0 of 0 while only a few pieces are looked at) ·
 * `needs-permission` one click · `needs-files` the person must choose them again (`missing`: not among those chosen) ·
 * `changed` the files are no longer what was published · `seeding` it is back.
 * File names are paths inside the share.
 */
export type Restoring =
  | { readonly state: 'checking'; readonly bytesDone: number; readonly bytesTotal: number }
  | { readonly state: 'needs-permission' }
  | { readonly state: 'needs-files'; readonly missing: readonly string[] }
  | { readonly state: 'changed'; readonly changed: readonly string[]; readonly files: readonly PickedFile[] }
  | { readonly state: 'seeding'; readonly piecesChecked: number }

const current = new Map<InfoHash, Restoring>()
const listeners = new Set<() => void>()

/** What happened last in this tab to the publication, if anything did; the same object until it changes. */
export const getRestoring = (infoHash: InfoHash): Restoring | undefined => current.get(infoHash)

/** `restoring` undefined forgets. */
export function setRestoring(infoHash: InfoHash, restoring: Restoring | undefined): void {
  if (restoring) current.set(infoHash, restoring)
  else current.delete(infoHash)
  for (const listener of listeners) listener()
}

/** `listener` is called when a publication gets further; returns the unsubscribe. */
export function subscribeRestoring(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
