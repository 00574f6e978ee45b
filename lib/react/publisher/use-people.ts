import { useSyncExternalStore } from 'react'
import { type Person, peopleOf } from '../../browser/publications/people.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const subscribe = (listener: () => void) => peopleOf(thisTab().session).subscribe(listener)
const NOBODY: readonly Person[] = []

/** Who takes a publication of this browser, and who took all of it since this tab looks on; the server is among them. */
export function usePeople(infoHash: InfoHash): readonly Person[] {
  return useSyncExternalStore(
    subscribe,
    () => peopleOf(thisTab().session).of(infoHash),
    () => NOBODY,
  )
}
