import { useMemo, useSyncExternalStore } from 'react'
import type { RunningSave } from '../../browser/running-saves.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const subscribe = (listener: () => void) => thisTab().saves.subscribe(listener)
const NONE: readonly RunningSave[] = []

/** The files of a share that this tab is saving one by one, whoever began it. */
export function useRunningSaves(infoHash: InfoHash): readonly RunningSave[] {
  const all = useSyncExternalStore(
    subscribe,
    () => thisTab().saves.getSnapshot(),
    () => NONE,
  )
  return useMemo(() => all.filter(save => save.infoHash === infoHash), [all, infoHash])
}
