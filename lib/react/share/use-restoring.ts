import { useCallback, useSyncExternalStore } from 'react'
import { getRestoring, type Restoring, subscribeRestoring } from '../../browser/publications/restorations.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** How far this tab's publication is on its way back after a reload; undefined when nothing was tried. */
export function useRestoring(infoHash: InfoHash): Restoring | undefined {
  return useSyncExternalStore(
    subscribeRestoring,
    useCallback(() => getRestoring(infoHash), [infoHash]),
    () => undefined,
  )
}
