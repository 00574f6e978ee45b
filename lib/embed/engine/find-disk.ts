import type { StoreReply } from '../../storage/opfs/protocol.ts'
import { startOpfsWorker } from './start-worker.ts'

/** Longest time for a worker to answer. */
const ANSWER_LIMIT_MS = 5_000

/**
 * Find out whether downloads can be stored on disk: the page's policy may forbid workers, and a sandbox or a private window
 * the file system. Never rejects.
 */
export const findDisk = (): Promise<boolean> =>
  tryDisk().then(
    () => true,
    () => false,
  )

async function tryDisk(): Promise<void> {
  await navigator.storage.getDirectory()
  const worker = startOpfsWorker()
  try {
    await new Promise((resolve, reject) => {
      worker.onerror = reject
      // Any answer will do; no store is open that this could close.
      worker.onmessage = ({ data }: MessageEvent<StoreReply>) => resolve(data)
      worker.postMessage({ id: 0, do: 'close' })
      setTimeout(reject, ANSWER_LIMIT_MS)
    })
  } finally {
    worker.terminate()
  }
}
