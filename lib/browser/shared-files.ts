import { activeWorker } from './service-worker.ts'

/** What came from the share sheet of the system. */
interface Shared {
  readonly files: readonly File[]
  /** A text or an address instead of files, or empty. */
  readonly text: string
}

/** Longest wait for a worker that ends just now. */
const ANSWER_LIMIT_MS = 5_000

/** Takes from the service worker what it holds under `id`; null when that is gone. */
export async function takeShared(id: string): Promise<Shared | null> {
  const worker = await activeWorker()
  if (!worker) return null
  const { port1: port, port2 } = new MessageChannel()
  const { promise, resolve } = Promise.withResolvers<Shared | null>()
  const limit = setTimeout(() => resolve(null), ANSWER_LIMIT_MS)
  port.onmessage = ({ data }: MessageEvent<Shared | null>) => resolve(data)
  worker.postMessage({ takeShared: id }, [port2])
  const shared = await promise
  clearTimeout(limit)
  port.close()
  return shared
}
