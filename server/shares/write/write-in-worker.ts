import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { slicesOf } from '../../http/turns.ts'
import type { Part, Statement } from './write-worker.ts'

/** Bytes that are handed over before the tracker has its turn. */
const PART_BYTES = 1024 * 1024

/** Runs a statement that changes the database in `file`, in a thread of its own; how many rows it changed. Errors: those of SQLite. */
export async function writeInWorker(
  file: string,
  sql: string,
  parameters: readonly unknown[],
): Promise<number> {
  const statement: Statement = { file, sql, count: parameters.length }
  const worker = new Worker(new URL('./write-worker.ts', import.meta.url), { workerData: statement })
  const { promise, reject, resolve } = Promise.withResolvers<number>()
  worker.once('message', resolve)
  worker.once('error', reject)
  worker.once('exit', () => reject(new Error('the worker ended without an answer')))
  for (const [index, value] of parameters.entries()) {
    for (const part of partsOf(value)) {
      worker.postMessage({ index, part } satisfies Part)
      if (typeof part === 'string' || part instanceof Uint8Array) await nextTurn()
    }
  }
  worker.postMessage(null)
  return promise
}

function* partsOf(value: unknown): Generator<unknown> {
  if (typeof value === 'string' && value.length > PART_BYTES) yield* slicesOf(value)
  else if (value instanceof Uint8Array && value.length > PART_BYTES) {
    // Copies: a part of a larger memory would take all of it along.
    for (let at = 0; at < value.length; at += PART_BYTES) yield value.slice(at, at + PART_BYTES)
  } else yield value
}
