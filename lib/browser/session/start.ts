import type { BrowserTab } from '../browser-tab.ts'
import { recordProgress } from '../downloads/record-progress.ts'
import { resumeDownloads } from '../downloads/start-download.ts'
import { isLent } from '../publications/lent-files.ts'
import { restorePublication } from '../publications/restore-publication.ts'
import { listSavedRecords } from '../records/saved-records.ts'

/**
 * Resume what this browser did when its last tab closed, and wait to take over what its other tabs run. Once a tab;
 * later calls do nothing.
 */
export function startSession(tab: BrowserTab): void {
  if (tab.isStarted) return
  tab.isStarted = true
  recordProgress(tab)
  const resumeAll = ({ includeLost = false } = {}) => {
    void resumeDownloads(tab, { includeLost }).catch(() => undefined)
    void restorePublications(tab).catch(() => undefined)
  }
  // Browsers never delete the data of an origin that has a tab open: looking at the disk once is enough.
  resumeAll({ includeLost: true })
  // Shares that another tab began since this one was opened.
  tab.session.onOtherTabsChange(() => resumeAll())
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && resumeAll())
}

/** Publications whose files the browser still lends us; for the others, and those that failed here, their page asks. */
async function restorePublications(tab: BrowserTab): Promise<void> {
  for (const record of await listSavedRecords()) {
    const { infoHash, role } = record
    if (role !== 'publisher' || !isLent(record)) continue
    const failed = tab.engine.getSwarm(infoHash)?.error
    if (!failed && !tab.locks.isRequested(infoHash)) {
      await restorePublication(tab, record).catch(() => undefined)
    }
  }
}
