import { useCallback, useEffect, useState } from 'react'
import { type LibraryEntry, listLibrary } from '../session/library.ts'
import { useSwarms } from './use-swarm.ts'

export type { LibraryEntry }

interface Library {
  readonly entries: readonly LibraryEntry[]
  readonly room: { readonly allowed: number | null }
  readonly refresh: () => void
}

/** What this browser keeps; undefined until it is read. Read again when a share begins, ends or is done. */
export function useLibrary(): Library | undefined {
  const [library, setLibrary] = useState<Omit<Library, 'refresh'>>()
  const states = useSwarms()
    .map(({ infoHash, state }) => infoHash + state)
    .join()
  const refresh = useCallback(() => {
    Promise.all([listLibrary(), navigator.storage?.estimate?.() ?? {}]).then(
      ([entries, { quota }]) => setLibrary({ entries, room: { allowed: quota ?? null } }),
      () => setLibrary({ entries: [], room: { allowed: null } }),
    )
  }, [])
  useEffect(() => {
    if (states !== undefined) refresh()
  }, [states, refresh])
  return library && { ...library, refresh }
}
