import { Worker } from 'node:worker_threads'
import { AppError } from '../../../lib/base/errors.ts'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { Publication, ReadPublication } from '../publishing/new-content.ts'
import { type Answer, type Job, type Placed, type Result, type Source, work } from './metainfo-jobs.ts'
import type { PackedMetainfo } from './packed-metainfo.ts'

/**
 * From this many bytes on a worker reads it: what is smaller is read in a few milliseconds here, and what is larger would
 * hold up the tracker, which shares this thread.
 */
const WORKER_BYTES = 64 * 1024

/** Heap of the worker, in MiB: several times what the largest valid publication needs. */
const WORKER_HEAP_MIB = 1024

/** Starting takes the worker half a second of a processor; its memory is given back after this long without work. */
const IDLE_MS = 30_000

/** A file on a disk; `path` as in `PickedFile`. */
interface FoundFile {
  readonly path: readonly string[]
  /** Bytes. */
  readonly file: { readonly size: number }
}

const bytesOf = (source: Source): number =>
  'torrent' in source ? source.torrent.length : source.infoBytes.length

/** Reads metainfo: what is large, one at a time, in a thread of its own. */
export class MetainfoReader {
  readonly #queue = new SerialQueue()
  #worker: Worker | null = null
  #idle: ReturnType<typeof setTimeout> | undefined

  /** What is published. Errors: those of `readPublication`. */
  async publication(publication: Publication): Promise<ReadPublication> {
    const result = await this.#read({ do: 'publication', publication }, publication.bytes.length)
    if ('share' in result) return result
    throw new Error('the worker answered something else')
  }

  /** What is needed of a share's metainfo to serve and check its files. Errors: those of `parseMetainfo`. */
  async packed(source: Source): Promise<PackedMetainfo> {
    const result = await this.#read({ do: 'pack', source }, bytesOf(source))
    if ('table' in result) return result
    throw new Error('the worker answered something else')
  }

  /** Which of `files` are the files of a metainfo (see `fitCopy`). Errors: those of `parseMetainfo`. */
  async placed(source: Source, files: readonly FoundFile[]): Promise<Placed> {
    const paths = files.map(({ path }) => path.join('/')).join('\0')
    const sizes = Float64Array.from(files, ({ file }) => file.size)
    const bytes = bytesOf(source) + paths.length
    const result = await this.#read({ do: 'place', source, files: { paths, sizes } }, bytes)
    if ('order' in result) return result
    throw new Error('the worker answered something else')
  }

  /** Ends the worker; what is being read fails. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }

  #read(job: Job, bytes: number): Promise<Result> {
    return bytes < WORKER_BYTES ? work(job) : this.#queue.add(() => this.#inWorker(job))
  }

  async #inWorker(job: Job): Promise<Result> {
    clearTimeout(this.#idle)
    this.#worker ??= this.#start()
    const worker = this.#worker
    worker.ref()
    try {
      const answer = await answerOf(worker, job)
      if ('code' in answer) throw new AppError(answer.code, answer.detail)
      return answer.result
    } finally {
      worker.unref()
      this.#idle = setTimeout(() => this.close().catch(() => undefined), IDLE_MS).unref()
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./metainfo-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MIB },
    })
    const forget = () => {
      if (this.#worker === worker) this.#worker = null
    }
    return worker.once('error', forget).once('exit', forget)
  }
}

function answerOf(worker: Worker, job: Job): Promise<Answer> {
  const { promise, reject, resolve } = Promise.withResolvers<Answer>()
  const fail = (reason: Error) => {
    const isTooLarge = 'code' in reason && reason.code === 'ERR_WORKER_OUT_OF_MEMORY'
    reject(isTooLarge ? new AppError('metainfo_too_large', 'it takes too much memory') : reason)
  }
  const end = () => reject(new Error('the worker ended without an answer'))
  worker.once('message', resolve).once('error', fail).once('exit', end)
  worker.postMessage(job, givenAway(job))
  return promise.finally(() => worker.off('message', resolve).off('error', fail).off('exit', end))
}

/** What the worker takes over instead of a copy: making one would hold up this thread. */
function givenAway(job: Job): ArrayBuffer[] {
  const bytes = job.do === 'publication' ? givenBy(job.publication) : infoBytesIn(job.source)
  if (bytes === null) return []
  const { buffer, byteLength } = bytes
  // Memory that is shared with others cannot be.
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}

const givenBy = ({ bytes, isGiven }: Publication): Uint8Array | null => (isGiven ? bytes : null)

const infoBytesIn = (source: Source): Uint8Array | null => ('infoBytes' in source ? source.infoBytes : null)
