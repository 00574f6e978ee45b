import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { thisTab } from '../../../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../../../lib/engine/view/snapshot.ts'
import { wasCancelled } from '../../../../lib/save/save.ts'
import { saveFile } from '../../../../lib/save/save-files.ts'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import type { ShareFile } from '../../share-files.tsx'

/**
 * Saves a single wanted file without another click, once, when this page sees it become complete. Returns the index of the
 * file that it saved, or null.
 */
export function useSaveOnce(
  infoHash: InfoHash,
  swarm: SwarmSnapshot | undefined,
  wanted: readonly ShareFile[],
  onError: (reason: unknown) => void,
): number | null {
  const sawIncomplete = useRef(false)
  const [saved, setSaved] = useState<number | null>(null)
  const state = swarm?.state
  const only = wanted.length === 1 ? wanted[0]?.index : undefined
  const save = useEffectEvent((index: number) =>
    saveFile(thisTab(), infoHash, index).then(
      () => setSaved(index),
      reason => wasCancelled(reason) || onError(reason),
    ),
  )
  useEffect(() => {
    if (state !== 'done') {
      sawIncomplete.current = state !== undefined || sawIncomplete.current
      return
    }
    if (!sawIncomplete.current) return
    sawIncomplete.current = false
    if (only !== undefined) void save(only)
  }, [state, only])
  return saved
}
