import { useEffect, useRef } from 'react'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { saveFile } from '../../../lib/save/save-files.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { ShareFile } from '../share-files.tsx'

/** Saves a single wanted file without another click, once, when this page sees it become complete. */
export function useSaveOnce(
  infoHash: InfoHash,
  swarm: SwarmSnapshot | undefined,
  wanted: readonly ShareFile[],
): void {
  const sawIncomplete = useRef(false)
  const state = swarm?.state
  const only = wanted.length === 1 ? wanted[0]?.index : undefined
  useEffect(() => {
    if (state !== 'done') {
      sawIncomplete.current = state !== undefined || sawIncomplete.current
      return
    }
    if (!sawIncomplete.current) return
    sawIncomplete.current = false
    if (only !== undefined) void saveFile(thisTab(), infoHash, only)
  }, [infoHash, state, only])
}
