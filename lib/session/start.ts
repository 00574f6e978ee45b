import { resumeDownloads, watchRecords } from './downloads.ts'
import { listKeptShares } from './kept-shares.ts'
import { restorePublication } from './restore-publication.ts'
import { getSession } from './session.ts'

let started = false

/** Go on with what this browser was doing when its last tab of ours closed. Once a tab; later calls do nothing. */
export function startSession(): void {
  if (started) return
  started = true
  getSession()
  watchRecords()
  void resumeDownloads()
  void resumePublications()
}

/** Those whose files the browser still lends us; for the others their page asks. */
async function resumePublications(): Promise<void> {
  const kept = await listKeptShares().catch(() => [])
  for (const share of kept) {
    const lent = share.role === 'publisher' && share.sources.every(({ handle }) => handle !== null)
    if (lent && !share.paused) await restorePublication(share).catch(() => undefined)
  }
}
