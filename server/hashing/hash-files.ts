import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../lib/errors.ts'
import { PIECE_HASH_BYTES } from '../../lib/torrent/layout.ts'
import type { Hashed, HashedContent, Span } from './hash-worker.ts'
import { type LocalFile, requireUnchanged } from './local-files.ts'

/** Bytes a worker is given at a time: so few that all end at about the same moment, so many that asking costs nothing. */
const SPAN_BYTES = 16 * 1024 * 1024

export interface HashOptions {
  /** Workers; by default one a core. */
  readonly threads?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Bytes hashed until now. */
  readonly onProgress?: ((bytesDone: number) => void) | undefined
}

/**
 * SHA-1 of every piece (BEP 3) of `files` one after the other, 20 bytes each, hashed by workers beside each other.
 * Errors: `file_unreadable`, `file_changed` (detail: which), `cancelled`.
 */
export async function hashFiles(
  files: readonly LocalFile[],
  pieceLength: number,
  { onProgress, signal, threads = availableParallelism() }: HashOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  let length = 0
  const placed = files.map(({ file, location }) => {
    const offset = length
    length += file.size
    return { location, length: file.size, offset }
  })
  const pieceCount = Math.ceil(length / pieceLength)
  const pieces = new Uint8Array(pieceCount * PIECE_HASH_BYTES)
  const spanPieces = Math.max(1, Math.floor(SPAN_BYTES / pieceLength))
  const content: HashedContent = { files: placed, length, pieceLength }
  let next = 0
  let bytesDone = 0

  const run = async (): Promise<void> => {
    const worker = new Worker(new URL('./hash-worker.ts', import.meta.url), { workerData: content })
    try {
      while (next < pieceCount) {
        const span = { first: next, count: Math.min(spanPieces, pieceCount - next) }
        next += span.count
        pieces.set(await ask(worker, span, signal), span.first * PIECE_HASH_BYTES)
        bytesDone += Math.min(span.count * pieceLength, length - span.first * pieceLength)
        onProgress?.(bytesDone)
      }
    } finally {
      await worker.terminate()
    }
  }

  const workers = Math.max(1, Math.min(threads, Math.ceil(pieceCount / spanPieces)))
  try {
    await Promise.all(Array.from({ length: workers }, run))
  } finally {
    // After a failure the others end with the span they are at.
    next = pieceCount
  }
  requireUnchanged(files)
  return pieces
}

function ask(worker: Worker, span: Span, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new AppError('cancelled'))
    if (signal?.aborted) return cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    worker.once('error', reject)
    worker.once('message', (answer: Hashed) => {
      signal?.removeEventListener('abort', cancel)
      worker.off('error', reject)
      if ('digests' in answer) resolve(answer.digests)
      else reject(new AppError(answer.problem, answer.location))
    })
    worker.postMessage(span)
  })
}
