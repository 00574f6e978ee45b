import { restorePublication } from '../browser/publications/restore-publication.ts'
import { listKeptShares } from '../browser/records/saved-records.ts'
import { getSession } from '../browser/session/session.ts'
import { isHeld } from '../browser/tab-locks.ts'
import { getEngine } from '../engine/index.ts'
import { resumeDownloads, watchRecords } from './downloads.ts'

let started = false

/**
 * Go on with what this browser was doing when its last tab of ours closed, and stand by to take over what other tabs
 * do. Once a tab; later calls do nothing.
 */
export function startSession(): void {
  if (started) return
  started = true
  const session = getSession()
  watchRecords()
  const goOn = (lookOnDisk: boolean) => {
    void resumeDownloads(lookOnDisk).catch(() => undefined)
    void resumePublications().catch(() => undefined)
  }
  // No browser makes room at the cost of an origin that has a tab open: one look is enough.
  goOn(true)
  // What another tab began since this one was opened.
  session.onOthersChange(() => goOn(false))
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && goOn(false))
}

/** Those whose files the browser still lends us; for the others, and those that failed here, their page asks. */
async function resumePublications(): Promise<void> {
  for (const share of await listKeptShares()) {
    const lent = share.role === 'publisher' && share.sources.every(({ handle }) => handle !== null)
    const failed = getEngine().getSwarm(share.infoHash)?.error
    if (lent && !failed && !isHeld(share.infoHash)) await restorePublication(share).catch(() => undefined)
  }
}
