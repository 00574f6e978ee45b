import { parentPort, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { KEEP_ACKNOWLEDGED } from './tables.ts'

/** One statement that changes the database in `file`. */
export interface Write {
  readonly file: string
  readonly sql: string
  readonly parameters: readonly unknown[]
}

const { file, parameters, sql }: Write = workerData
const database = new Database(file)
try {
  database.pragma(KEEP_ACKNOWLEDGED)
  parentPort?.postMessage(database.prepare(sql).run(...parameters).changes)
} finally {
  database.close()
}
