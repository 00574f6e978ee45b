import type { SwarmSnapshot } from '../../engine/view/snapshot.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { BrowserTab } from '../browser-tab.ts'
import { changeSavedRecord } from '../records/saved-records.ts'

/** A download's progress goes into its record this often: only a hint for the library, the store has the truth. */
const RECORD_INTERVAL_MS = 5000

/**
 * Save the progress of `tab`'s downloads in their records from now on; what the person decides is saved when they
 * do. Call once.
 */
export function recordProgress(tab: BrowserTab): void {
  const { engine } = tab
  const recorded = new Map<InfoHash, { readonly snapshot: SwarmSnapshot; readonly at: number }>()
  engine.subscribe(() => {
    const now = performance.now()
    for (const snapshot of engine.getSnapshot()) {
      if (snapshot.role === 'publisher' || !isDownload(snapshot, tab)) continue
      const last = recorded.get(snapshot.infoHash)
      if (last && !isDue(last.snapshot, snapshot, now - last.at)) continue
      recorded.set(snapshot.infoHash, { snapshot, at: now })
      const { downloaded, length } = snapshot
      const change = { downloaded, length, held: heldBytes(snapshot) }
      if (last) void changeSavedRecord(snapshot.infoHash, change).catch(() => undefined)
    }
  })
}

/** Bytes of all files of a download that are here, selected or not. */
export const heldBytes = ({ files }: SwarmSnapshot): number =>
  files.reduce((sum, { downloaded }) => sum + downloaded, 0)

/** Not bytes that are passed on, nor those of a repair, which leaves a download of the same share unchanged. */
const isDownload = ({ keptIn }: SwarmSnapshot, { hasDisk }: BrowserTab): boolean =>
  keptIn === 'disk' || (keptIn === 'memory' && !hasDisk)

function isDue(last: SwarmSnapshot, now: SwarmSnapshot, age: number): boolean {
  if (age >= RECORD_INTERVAL_MS && last.downloaded !== now.downloaded) return true
  return last.state !== now.state || last.length !== now.length
}
