import { resumeDownloads, watchRecords } from './downloads.ts'
import { listKeptShares } from './kept-shares.ts'
import { isHeld } from './lead.ts'
import { restorePublication } from './restore-publication.ts'
import { getSession } from './session.ts'

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
  const goOn = () => {
    void resumeDownloads().catch(() => undefined)
    void resumePublications().catch(() => undefined)
  }
  goOn()
  // What another tab began since this one was opened.
  session.onOthersChange(goOn)
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && goOn())
}

/** Those whose files the browser still lends us; for the others their page asks. */
async function resumePublications(): Promise<void> {
  for (const share of await listKeptShares()) {
    const lent = share.role === 'publisher' && share.sources.every(({ handle }) => handle !== null)
    if (lent && !isHeld(share.infoHash)) await restorePublication(share).catch(() => undefined)
  }
}
