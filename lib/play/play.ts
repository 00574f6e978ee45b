import { AppError } from '../base/errors.ts'
import { activeWorker } from '../browser/service-worker.ts'
import { getSession } from '../browser/session/session.ts'
import { startDownload } from '../session/downloads.ts'
import type { InfoHash } from '../torrent/ids.ts'

/** Taking over a page that was loaded past the worker (a forced reload) is a message away. */
const CLAIM_LIMIT_MS = 5_000

/**
 * Make `playUrl` addresses of a share work in this page: joins the swarm if this browser is not in it, with nothing
 * wanted but what is played. Errors: `play_unavailable`, and those of `startDownload`.
 */
export async function preparePlay(infoHash: InfoHash): Promise<void> {
  await controlPage()
  const session = getSession()
  const swarm = session.getSwarm(infoHash)
  if (!swarm) await startDownload(infoHash, [])
  else if (swarm.state === 'paused') session.resume(infoHash)
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
