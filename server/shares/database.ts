import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { HistoryStore } from './history-store.ts'
import { migrations } from './migrations.ts'
import type { ShareStore } from './share-store.ts'
import { sqliteHistoryStore } from './sqlite-history.ts'
import { sqliteShareStore } from './sqlite-shares.ts'
import { sqliteWebSeedStore } from './sqlite-web-seeds.ts'
import type { WebSeedStore } from './web-seed-store.ts'

/** Times are milliseconds since 1970 in UTC; `content` is JSON. */
export interface Tables {
  shares: {
    info_hash: InfoHash
    info: Uint8Array
    content: string
    comment: string
    title: string
    description: string
    owner_key_sha256: Uint8Array
    /** What lists need of `content`, which may be large. */
    name: string
    length: number
    file_count: number
    listed: 0 | 1
    created_at: number
    updated_at: number
  }
  web_seeds: {
    info_hash: InfoHash
    position: number
    url: string
    state: 'ok' | 'failed'
    /** An error code, unless the state is `ok`. */
    reason: string | null
    checked_at: number
    check_at: number
    added_by: 'owner'
  }
  blocked: {
    info_hash: InfoHash
    blocked_at: number
  }
  history: {
    info_hash: InfoHash
    at: number
    complete: number
    incomplete: number
    completed: number
    bytes: number
  }
}

/** All that is kept of shares, in one database. */
export interface Stores {
  readonly shares: ShareStore
  readonly webSeeds: WebSeedStore
  readonly history: HistoryStore
  close(): Promise<void>
}

/** Stores in a SQLite file inside `directory`, which is made for its owner alone when it is missing. */
export async function openStoreDirectory(directory: string): Promise<Stores> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return openSqliteStores(join(directory, 'tabseed.sqlite'))
}

/** Stores in the SQLite database at `path` (`:memory:` for one that goes with the process), migrated to our schema. */
export async function openSqliteStores(path: string): Promise<Stores> {
  const sqlite = new Database(path)
  sqlite.pragma('journal_mode = WAL')
  // An owner key is handed out once: what was acknowledged must survive a power cut.
  sqlite.pragma('synchronous = FULL')
  sqlite.pragma('foreign_keys = ON')
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) })
  const { error } = await new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  if (error !== undefined) {
    await database.destroy()
    throw error
  }
  return {
    shares: sqliteShareStore(database),
    webSeeds: sqliteWebSeedStore(database),
    history: sqliteHistoryStore(database),
    close: () => database.destroy(),
  }
}
