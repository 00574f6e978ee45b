import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { KEEP_ACKNOWLEDGED } from '../tables.ts'

/** One statement that changes the database in `file`, with `count` parameters, which come bit by bit. */
export interface Statement {
  readonly file: string
  readonly sql: string
  readonly count: number
}

/** A part of the parameter at `index`, or all of it; after the last one comes null. */
export interface Part {
  readonly index: number
  readonly part: unknown
}

const { count, file, sql }: Statement = workerData
const parts = Array.from({ length: count }, (): unknown[] => [])

parentPort?.on('message', (message: Part | null) => {
  if (message) parts[message.index]?.push(message.part)
  else {
    const database = new Database(file)
    try {
      database.pragma(KEEP_ACKNOWLEDGED)
      parentPort?.postMessage(database.prepare(sql).run(...parts.map(whole)).changes)
    } finally {
      database.close()
      parentPort?.close()
    }
  }
})

function whole(parts: readonly unknown[]): unknown {
  const [first] = parts
  if (parts.length === 1) return first
  return typeof first === 'string' ? parts.join('') : Buffer.concat(parts as Uint8Array[])
}
