import { useCallback, useEffect, useMemo, useState } from 'react'
import { heldBytes } from '../../browser/downloads/record-progress.ts'
import { type LibraryEntry, listLibrary } from '../../browser/library/library.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { SwarmState } from '../../engine/view/snapshot.ts'
import { useSwarms } from './use-swarm.ts'

export type { LibraryEntry }

/** States in which a share's record no longer changes. */
const SETTLED: ReadonlySet<SwarmState> = new Set(['seeding', 'paused', 'done', 'error'])

interface Library {
  readonly entries: readonly LibraryEntry[]
  readonly refresh: () => void
}

/**
 * What this browser stores; undefined until it is read. Read again when a share begins, ends or is done; the disk space of
 * downloads that run is always up to date.
 */
export function useLibrary(): Library | undefined {
  const [entries, setEntries] = useState<readonly LibraryEntry[]>()
  const swarms = useSwarms()
  // Other changes of state do not change what is stored.
  const states = swarms.map(({ infoHash, state }) => infoHash + SETTLED.has(state)).join()
  const refresh = useCallback(() => {
    listLibrary(thisTab()).then(setEntries, () => setEntries([]))
  }, [])
  useEffect(() => {
    if (states !== undefined) refresh()
  }, [states, refresh])
  const live = useMemo(() => {
    const held = new Map(
      swarms.flatMap(swarm => (swarm.keptIn === 'disk' ? [[swarm.infoHash, heldBytes(swarm)]] : [])),
    )
    return entries?.map(entry => ({ ...entry, stored: held.get(entry.infoHash) ?? entry.stored }))
  }, [entries, swarms])
  return live && { entries: live, refresh }
}
