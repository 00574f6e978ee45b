import { activeWorker } from './service-worker.ts'

/** What a person may open while the server is away. */
const ALWAYS = ['/', '/library', '/heal', '/doctor'] as const

/** Has the service worker keep the common pages and these, as they are now; no other pages are kept. */
export async function keepPages(paths: readonly string[]): Promise<void> {
  const worker = await activeWorker()
  worker?.postMessage({ keepPages: [...ALWAYS, ...paths] })
}

/** Calls `listener` when the service worker answers with a page that it kept. Returns a function that ends it. */
export function onKeptPage(listener: () => void): () => void {
  if (!('serviceWorker' in navigator)) return () => undefined
  const listen = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'object' && data !== null && 'away' in data) listener()
  }
  const container = navigator.serviceWorker
  container.addEventListener('message', listen)
  return () => container.removeEventListener('message', listen)
}
