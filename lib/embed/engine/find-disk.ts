import { withholdDisk } from '../../storage/opfs/folder.ts'
import type { StoreReply } from '../../storage/opfs/protocol.ts'
import { startOpfsWorker } from './start-worker.ts'

/** A worker that is allowed answers in less than this. */
const ANSWER_LIMIT_MS = 5_000

let found: Promise<void> | undefined

/**
 * Find out whether this page has a disk for us: its policy may forbid workers, a sandbox or a private window the file
 * system. Without, downloads are kept in memory. Never rejects.
 */
export function findDisk(): Promise<void> {
  found ??= tryDisk().catch(withholdDisk)
  return found
}

async function tryDisk(): Promise<void> {
  await navigator.storage.getDirectory()
  const worker = startOpfsWorker()
  try {
    await new Promise((resolve, reject) => {
      worker.onerror = reject
      // Any answer will do: there is nothing to close.
      worker.onmessage = ({ data }: MessageEvent<StoreReply>) => resolve(data)
      worker.postMessage({ id: 0, do: 'close' })
      setTimeout(reject, ANSWER_LIMIT_MS)
    })
  } finally {
    worker.terminate()
  }
}
