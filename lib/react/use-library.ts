import { useCallback, useEffect, useState } from 'react'
import { type LibraryEntry, listLibrary } from '../session/library.ts'
import { useSwarms } from './use-swarm.ts'

export type { LibraryEntry }

interface Library {
  readonly entries: readonly LibraryEntry[]
  readonly refresh: () => void
}

/** What this browser keeps; undefined until it is read. Read again when a share begins, ends or is done. */
export function useLibrary(): Library | undefined {
  const [entries, setEntries] = useState<readonly LibraryEntry[]>()
  const states = useSwarms()
    .map(({ infoHash, state }) => infoHash + state)
    .join()
  const refresh = useCallback(() => {
    listLibrary().then(setEntries, () => setEntries([]))
  }, [])
  useEffect(() => {
    if (states !== undefined) refresh()
  }, [states, refresh])
  return entries && { entries, refresh }
}
