import { useCallback, useSyncExternalStore } from 'react'
import type { Restoring } from '../../browser/publications/restorations.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const subscribe = (listener: () => void) => thisTab().restorations.subscribe(listener)

/** How far this tab has restored a publication after a reload; undefined when it has not tried. */
export function useRestoring(infoHash: InfoHash): Restoring | undefined {
  return useSyncExternalStore(
    subscribe,
    useCallback(() => thisTab().restorations.get(infoHash), [infoHash]),
    () => undefined,
  )
}
