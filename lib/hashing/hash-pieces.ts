import { AppError } from '../errors.ts'
import type { HashJob, HashReply, HashSpan } from './hash-worker.ts'

/**
 * Bytes read at once. A Blob read costs messages to the browser process whatever its size: hashing gets 490 MB/s with
 * 4 MiB reads, 720 with 8, 760 with 16 and 810 with 32 (two workers, two cores).
 */
const SPAN_BYTES = 32 * 1024 * 1024

/** Over all workers: with two of them, each reads its next span while it hashes one. */
const SPANS_IN_FLIGHT = 4

const MAX_WORKERS = 4

export interface HashOptions {
  readonly signal?: AbortSignal
  /** Called with the bytes hashed so far, in no fixed step, never decreasing. */
  readonly onProgress?: (bytesDone: number) => void
}

/**
 * SHA-1 of every piece of `content` (BEP 3 `pieces`: 20 bytes each), hashed in workers. Memory is bounded by
 * four times the larger of 32 MiB and `pieceLength`, twice over while digests are taken, whatever the size of the content.
 * Errors: `cancelled`, `file_unreadable` (a file was changed, moved or deleted while it was read).
 */
export async function hashPieces(
  content: Blob,
  pieceLength: number,
  { signal, onProgress }: HashOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (signal?.aborted) throw new AppError('cancelled')
  const digests = new Uint8Array(20 * Math.ceil(content.size / pieceLength))
  const spanBytes = Math.max(1, Math.floor(SPAN_BYTES / pieceLength)) * pieceLength
  const spanCount = Math.ceil(content.size / spanBytes)
  const workerCount = Math.min(MAX_WORKERS, navigator.hardwareConcurrency || 2, spanCount)
  const spansPerWorker = Math.max(1, Math.floor(SPANS_IN_FLIGHT / workerCount))
  const workers: Worker[] = []
  let nextStart = 0
  let bytesDone = 0

  try {
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new AppError('cancelled')), { once: true })

      const giveSpan = (worker: Worker): void => {
        if (nextStart >= content.size) return
        const end = Math.min(nextStart + spanBytes, content.size)
        worker.postMessage({ start: nextStart, end } satisfies HashSpan)
        nextStart = end
      }

      const takeReply = (worker: Worker, reply: HashReply): void => {
        if ('failure' in reply) {
          const { name, message } = reply.failure
          reject(new AppError('file_unreadable', `${name} at byte ${reply.start}: ${message}`))
          return
        }
        digests.set(reply.digests, 20 * (reply.start / pieceLength))
        bytesDone += reply.end - reply.start
        onProgress?.(bytesDone)
        if (bytesDone === content.size) resolve()
        else giveSpan(worker)
      }

      for (let started = 0; started < workerCount; started++) {
        const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module' })
        workers.push(worker)
        worker.onmessage = (event: MessageEvent<HashReply>) => takeReply(worker, event.data)
        worker.onerror = event => reject(new AppError('internal', `hash worker: ${event.message}`))
        worker.postMessage({ content, pieceLength } satisfies HashJob)
        for (let span = 0; span < spansPerWorker; span++) giveSpan(worker)
      }
      if (content.size === 0) resolve()
    })
    return digests
  } finally {
    for (const worker of workers) worker.terminate()
  }
}
