import { isOurPage } from '../api/server-url.ts'

/** Browsers end a service worker that gets no event for 30 s, even in the middle of a slow stream. */
const KEEP_ALIVE_MS = 10_000

/** Our service worker (`public/sw.js`), active; null where the browser has none or forbids it. */
export async function activeWorker(): Promise<ServiceWorker | null> {
  if (!isOurPage() || !('serviceWorker' in navigator)) return null
  try {
    await navigator.serviceWorker.register('/sw.js')
    return (await navigator.serviceWorker.ready).active
  } catch {
    return null
  }
}

/** Keep `worker` alive until the returned function is called. */
export function keepAwake(worker: ServiceWorker): () => void {
  const timer = setInterval(() => worker.postMessage({ keepAlive: true }), KEEP_ALIVE_MS)
  return () => clearInterval(timer)
}
