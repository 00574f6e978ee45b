import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../../lib/base/errors.ts'
import type { HashedChunks } from './chunk-hasher.ts'
import type { Hashed, HashedContent, Span } from './hash-worker.ts'

/** Bytes that a worker gets at a time: few enough that all workers end at about the same time, enough that messages cost nothing. */
const SPAN_BYTES = 16 * 1024 * 1024

export interface HashOptions {
  /** Number of workers; by default one per core. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Called with the bytes hashed so far. */
  readonly onProgress?: ((bytesDone: number) => void) | undefined
}

/**
 * SHA-1 of the pieces at `indexes` (ascending) of `content`, hashed by workers in parallel. `onHashed` is called in no
 * fixed order, with 20 bytes for each piece of the span, and the chunks that begin in it where `seal` asks for them. Errors: `file_unreadable`, `file_changed` (shorter than
 * expected; detail: which file), `cancelled`.
 */
export async function hashFileSpans(
  content: HashedContent,
  indexes: Iterable<number>,
  onHashed: (span: Span, digests: Uint8Array<ArrayBuffer>, chunks?: HashedChunks) => void,
  { onProgress, signal, threads = availableParallelism() }: HashOptions = {},
): Promise<void> {
  const { length, pieceLength } = content
  const spans = spansOf(indexes, Math.max(1, Math.floor(SPAN_BYTES / pieceLength)))
  const ended = new AbortController()
  let bytesDone = 0

  const run = async (): Promise<void> => {
    let worker: Worker | null = null
    try {
      for (const span of spans) {
        if (ended.signal.aborted) return
        worker ??= new Worker(new URL('./hash-worker.ts', import.meta.url), { workerData: content })
        const { chunks, digests } = await ask(worker, span, signal)
        onHashed(span, digests, chunks)
        const end = Math.min((span.first + span.count) * pieceLength, length)
        bytesDone += end - span.first * pieceLength
        onProgress?.(bytesDone)
      }
    } finally {
      await worker?.terminate()
    }
  }

  try {
    await Promise.all(Array.from({ length: threads }, run))
  } finally {
    // After a failure the other workers end with their current span.
    ended.abort()
  }
}

/** Runs of adjacent `indexes`, at most `most` long. */
function* spansOf(indexes: Iterable<number>, most: number): Generator<Span> {
  let first = 0
  let count = 0
  for (const index of indexes) {
    if (count > 0 && (index !== first + count || count === most)) {
      yield { first, count }
      count = 0
    }
    if (count === 0) first = index
    count += 1
  }
  if (count > 0) yield { first, count }
}

type Digests = Extract<Hashed, { digests: unknown }>

function ask(worker: Worker, span: Span, signal: AbortSignal | undefined): Promise<Digests> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new AppError('cancelled'))
    if (signal?.aborted) return cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    worker.once('error', reject)
    worker.once('message', (answer: Hashed) => {
      signal?.removeEventListener('abort', cancel)
      worker.off('error', reject)
      if ('digests' in answer) resolve(answer)
      else reject(new AppError(answer.problem, answer.location))
    })
    worker.postMessage(span)
  })
}
