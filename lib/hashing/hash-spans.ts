import { BackOff } from '../base/back-off.ts'
import { AppError } from '../base/errors.ts'
import { isLoadError } from '../base/worker-error.ts'
import type { HashJob, HashReply, HashSpan, SpanHashes } from './hash-worker.ts'
import type { HashedContent } from './hashed-content.ts'

/**
 * Bytes read at once. A Blob read costs messages to the browser process whatever its size: hashing gets 490 MB/s with
 * 4 MiB reads, 720 with 8, 760 with 16 and 810 with 32 (two workers, two cores), but 32 takes a tab to 390 MB, 8 to 220.
 */
const SPAN_BYTES = 8 * 1024 * 1024

/** Of all workers together: with two workers, each reads its next span while it hashes one. */
const SPANS_IN_FLIGHT = 4

const MAX_WORKERS = 4

/** Waits before a worker is started again whose script could not be loaded, in milliseconds. */
const RETRY = { firstMs: 1_000, maxMs: 10_000 }

const startHashWorker = (): Worker =>
  new Worker(new URL('./hash-worker.ts', import.meta.url), { type: 'module' })

/** Have the browser fetch the worker's script now: its cache has it when the server is away later. */
export function preloadHashWorker(): void {
  const worker = startHashWorker()
  const end = () => worker.terminate()
  worker.onmessage = end
  worker.onerror = end
  worker.postMessage('ready?')
}

/** Pieces `first` to (without) `end` of a content of `length` bytes, in spans that are each read at once. */
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
  /**
   * Called when the worker's script cannot be loaded because the server is away, and when it can again; it is tried until
   * then. Without it, that is an error.
   */
  readonly onAway?: ((isAway: boolean) => void) | undefined
  /** Called for each span, in no fixed order, with 20 bytes for each of its pieces. */
  readonly onHashed: (span: HashSpan, hashes: SpanHashes) => void
}

/**
 * SHA-1 of the pieces in `spans`, hashed in workers. Memory is bounded by four times the larger of 8 MiB and
 * `pieceLength`, and eight pieces more (sixteen of an encrypted share), whatever the size of the content.
 * Errors: `cancelled`, `file_unreadable` (a file was changed, moved or deleted), `server_unreachable` (the worker's script).
 */
export async function hashSpans(
  content: HashedContent,
  pieceLength: number,
  spans: Iterable<HashSpan>,
  { signal, onAway, onHashed }: HashSpansOptions,
): Promise<void> {
  if (signal?.aborted) throw new AppError('cancelled')
  const rest = spans[Symbol.iterator]()
  const workerCount = Math.min(MAX_WORKERS, navigator.hardwareConcurrency || 2)
  const spansPerWorker = Math.max(1, Math.floor(SPANS_IN_FLIGHT / workerCount))
  const workers: Worker[] = []
  /** What each worker has been given and not answered, in case it never starts. */
  const given = new Map<Worker, HashSpan[]>()
  const backOff = new BackOff(RETRY)
  const retries: ReturnType<typeof setTimeout>[] = []
  let inFlight = 0

  try {
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new AppError('cancelled')), { once: true })

      /** False when no span is left. */
      const giveSpan = (worker: Worker): boolean => {
        const { value, done } = rest.next()
        if (done) return false
        given.get(worker)?.push(value)
        worker.postMessage(value)
        inFlight++
        return true
      }

      /** The worker never started: another one gets what it was given, when the server may be back. */
      const replace = (worker: Worker): void => {
        const spans = given.get(worker) ?? []
        given.delete(worker)
        worker.terminate()
        if (!onAway) {
          reject(new AppError('server_unreachable', 'the hash worker could not be loaded'))
          return
        }
        onAway(true)
        const again = () => {
          const other = startWorker()
          given.set(other, spans)
          for (const span of spans) other.postMessage(span)
        }
        retries.push(setTimeout(again, backOff.next()))
      }

      const takeReply = (worker: Worker, reply: HashReply): void => {
        inFlight--
        given.get(worker)?.shift()
        if (backOff.failures > 0) {
          backOff.reset()
          onAway?.(false)
        }
        if ('failure' in reply) {
          const { name, message } = reply.failure
          reject(new AppError('file_unreadable', `${name} at byte ${reply.start}: ${message}`))
          return
        }
        onHashed({ start: reply.start, end: reply.end }, reply.hashes)
        if (!giveSpan(worker) && inFlight === 0) resolve()
      }

      const startWorker = (): Worker => {
        const worker = startHashWorker()
        workers.push(worker)
        given.set(worker, [])
        worker.onmessage = (event: MessageEvent<HashReply>) => takeReply(worker, event.data)
        worker.onerror = ({ message }) =>
          isLoadError(message) ? replace(worker) : reject(new AppError('internal', `hash worker: ${message}`))
        worker.postMessage({ content, pieceLength } satisfies HashJob)
        return worker
      }

      for (let started = 0; started < workerCount; started++) {
        const worker = startWorker()
        let count = 0
        while (count < spansPerWorker && giveSpan(worker)) count++
        if (count < spansPerWorker) break
      }
      if (inFlight === 0) resolve()
    })
  } finally {
    for (const retry of retries) clearTimeout(retry)
    for (const worker of workers) worker.terminate()
  }
}
