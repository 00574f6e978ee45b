import { useSyncExternalStore } from 'react'
import { thisTab } from '../../browser/this-tab.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const subscribe = (listener: () => void) => thisTab().losses.subscribe(listener)

/** Bytes of a download that the browser deleted since it was last open. */
export function useLoss(infoHash: InfoHash): number {
  return useSyncExternalStore(
    subscribe,
    () => thisTab().losses.get(infoHash),
    () => 0,
  )
}
