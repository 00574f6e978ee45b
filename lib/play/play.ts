import { AppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import { activeWorker } from '../browser/service-worker.ts'
import type { InfoHash } from '../torrent/ids.ts'

/** A page that was loaded without the worker (a forced reload) is taken over on a message; milliseconds. */
const CLAIM_LIMIT_MS = 5_000

/**
 * Make `playUrl` addresses of a share work in this page: joins the swarm if this browser is not in it, without selecting
 * files. Errors: `play_unavailable`, and those of `startDownload`.
 */
export async function preparePlay(tab: BrowserTab, infoHash: InfoHash): Promise<void> {
  await controlPage()
  const { session } = tab
  const swarm = session.getSwarm(infoHash)
  if (!swarm) {
    const { startDownload } = await import('../browser/downloads/start-download.ts')
    await startDownload(tab, infoHash, [])
  }
  if (swarm?.state === 'paused') session.resume(infoHash)
}

/** Resolves when this page's requests go through our service worker. Errors: `play_unavailable`. */
async function controlPage(): Promise<void> {
  const worker = await activeWorker()
  if (!worker) throw new AppError('play_unavailable')
  const container = navigator.serviceWorker
  if (container.controller) return
  const signal = AbortSignal.timeout(CLAIM_LIMIT_MS)
  await new Promise<void>((resolve, reject) => {
    container.addEventListener('controllerchange', () => resolve(), { signal })
    signal.addEventListener('abort', () => reject(new AppError('play_unavailable')))
    worker.postMessage({ claim: true })
  })
}
