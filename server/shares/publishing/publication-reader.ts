import { Worker } from 'node:worker_threads'
import { AppError } from '../../../lib/base/errors.ts'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import {
  type Answer,
  type Publication,
  type ReadPublication,
  readPublication,
  unwrap,
} from './new-content.ts'

/**
 * From this many bytes on a worker reads it: what is smaller is read in a few milliseconds here, and what is larger would
 * hold up the tracker, which shares this thread.
 */
const WORKER_BYTES = 64 * 1024

/** Heap of the worker, in MiB: several times what the largest valid publication needs. */
const WORKER_HEAP_MIB = 1024

/** Reads what is published; at most one large publication at a time, in a thread of its own. */
export class PublicationReader {
  readonly #queue = new SerialQueue()

  /** Errors: those of `readPublication`. */
  read(publication: Publication): Promise<ReadPublication> {
    if (publication.bytes.length < WORKER_BYTES) return readPublication(publication)
    return this.#queue.add(() => readInWorker(publication))
  }
}

function readInWorker({ bytes, kind }: Publication): Promise<ReadPublication> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./publication-worker.ts', import.meta.url), {
      workerData: { bytes, kind } satisfies Publication,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
    })
    worker.once('message', (answer: Answer) => resolve(Promise.resolve(answer).then(unwrap)))
    worker.once('error', reason => {
      const isTooLarge = 'code' in reason && reason.code === 'ERR_WORKER_OUT_OF_MEMORY'
      reject(isTooLarge ? new AppError('metainfo_too_large', 'it takes too much memory') : reason)
    })
    worker.once('exit', () => reject(new Error('the worker ended without an answer')))
  })
}
