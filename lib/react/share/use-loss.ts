import { useSyncExternalStore } from 'react'
import { getLoss, subscribeLosses } from '../../session/losses.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** Bytes of a download that the browser deleted since it was last open. */
export function useLoss(infoHash: InfoHash): number {
  return useSyncExternalStore(
    subscribeLosses,
    () => getLoss(infoHash),
    () => 0,
  )
}
