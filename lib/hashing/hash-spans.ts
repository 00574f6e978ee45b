import { AppError } from '../base/errors.ts'
import type { HashJob, HashReply, HashSpan } from './hash-worker.ts'

/**
 * Bytes read at once. A Blob read costs messages to the browser process whatever its size: hashing gets 490 MB/s with
 * 4 MiB reads, 720 with 8, 760 with 16 and 810 with 32 (two workers, two cores), but 32 takes a tab to 390 MB, 8 to 220.
 */
const SPAN_BYTES = 8 * 1024 * 1024

/** Over all workers: with two of them, each reads its next span while it hashes one. */
const SPANS_IN_FLIGHT = 4

const MAX_WORKERS = 4

/** Pieces `first` to (without) `end` of a content of `length` bytes, in spans that are read at once. */
export function* spansOf(
  { length, pieceLength }: { readonly length: number; readonly pieceLength: number },
  first: number,
  end: number,
): Generator<HashSpan> {
  const step = Math.max(1, Math.floor(SPAN_BYTES / pieceLength))
  for (let piece = first; piece < end; piece += step) {
    const last = Math.min(piece + step, end)
    yield { start: piece * pieceLength, end: Math.min(last * pieceLength, length) }
  }
}

interface HashSpansOptions {
  readonly signal?: AbortSignal | undefined
  /** Called for each span, in no fixed order, with 20 bytes for each of its pieces. */
  readonly onHashed: (span: HashSpan, digests: Uint8Array<ArrayBuffer>) => void
}

/**
 * SHA-1 of the pieces in `spans`, hashed in workers. Memory is bounded by four times the larger of 8 MiB and
 * `pieceLength`, and eight pieces more, whatever the size of the content.
 * Errors: `cancelled`, `file_unreadable` (a file was changed, moved or deleted).
 */
export async function hashSpans(
  content: Blob,
  pieceLength: number,
  spans: Iterable<HashSpan>,
  { signal, onHashed }: HashSpansOptions,
): Promise<void> {
  if (signal?.aborted) throw new AppError('cancelled')
  const rest = spans[Symbol.iterator]()
  const workerCount = Math.min(MAX_WORKERS, navigator.hardwareConcurrency || 2)
  const spansPerWorker = Math.max(1, Math.floor(SPANS_IN_FLIGHT / workerCount))
  const workers: Worker[] = []
  let inFlight = 0

  try {
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new AppError('cancelled')), { once: true })

      /** False when there is none left to give. */
      const giveSpan = (worker: Worker): boolean => {
        const { value, done } = rest.next()
        if (done) return false
        worker.postMessage(value)
        inFlight++
        return true
      }

      const takeReply = (worker: Worker, reply: HashReply): void => {
        inFlight--
        if ('failure' in reply) {
          const { name, message } = reply.failure
          reject(new AppError('file_unreadable', `${name} at byte ${reply.start}: ${message}`))
          return
        }
        onHashed({ start: reply.start, end: reply.end }, reply.digests)
        if (!giveSpan(worker) && inFlight === 0) resolve()
      }

      const startWorker = (): Worker => {
        const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module' })
        workers.push(worker)
        worker.onmessage = (event: MessageEvent<HashReply>) => takeReply(worker, event.data)
        worker.onerror = event => reject(new AppError('internal', `hash worker: ${event.message}`))
        worker.postMessage({ content, pieceLength } satisfies HashJob)
        return worker
      }

      for (let started = 0; started < workerCount; started++) {
        const worker = startWorker()
        let given = 0
        while (given < spansPerWorker && giveSpan(worker)) given++
        if (given < spansPerWorker) break
      }
      if (inFlight === 0) resolve()
    })
  } finally {
    for (const worker of workers) worker.terminate()
  }
}
