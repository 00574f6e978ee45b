import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import { makeFolder } from '../base/make-folder.ts'
import type { TokenStore } from '../publishers/token-store.ts'
import { copyBeforeUpgrade } from './copy/before-upgrade.ts'
import { openDatabaseFile } from './database-file.ts'
import { type EndingStore, sqliteEndingStore } from './expiry/ending-store.ts'
import { type HeldStore, sqliteHeldStore } from './expiry/held-store.ts'
import type { HistoryStore } from './history-store.ts'
import { migrations } from './migrations.ts'
import { sqliteTokenStore } from './publishing/token-table.ts'
import { type ShareSearch, sqliteShareSearch } from './share-search.ts'
import type { ShareStore } from './share-store.ts'
import { sqliteHistoryStore } from './sqlite-history.ts'
import { sqliteShareStore } from './sqlite-shares.ts'
import { sqliteWebSeedStore } from './sqlite-web-seeds.ts'
import { KEEP_ACKNOWLEDGED, type Tables } from './tables.ts'
import { type AddressStore, sqliteAddressStore } from './takedown/publisher-addresses.ts'
import { type ReportStore, sqliteReportStore } from './takedown/report-store.ts'
import { sqliteTakedownStore } from './takedown/sqlite-takedown.ts'
import type { TakedownStore } from './takedown/takedown-store.ts'
import type { WebSeedStore } from './web-seed-store.ts'

/** All stores of shares, in one database. */
export interface Stores {
  readonly shares: ShareStore
  readonly webSeeds: WebSeedStore
  readonly history: HistoryStore
  readonly held: HeldStore
  /** Names of the migrations that the database lacks, or has and this version does not know. Errors: SQLite's. */
  strangeMigrations(): readonly string[]
  readonly tokens: TokenStore
  readonly endings: EndingStore
  readonly takedown: TakedownStore
  readonly search: ShareSearch
  readonly reports: ReportStore
  readonly addresses: AddressStore
  close(): Promise<void>
}

/**
 * Stores in a SQLite file inside `directory`, which is created (readable by its owner only) if it is missing. A database of an
 * earlier version is copied before it is changed: `onCopied` gets the name. Errors: those of `openDatabaseFile`; the disk's.
 */
export async function openStoreDirectory(
  directory: string,
  onCopied: (file: string) => void = () => undefined,
): Promise<Stores> {
  await makeFolder(directory, { mode: 0o700 })
  const path = join(directory, 'tabseed.sqlite')
  const sqlite = openDatabaseFile(path, Object.keys(migrations))
  try {
    const copy = await copyBeforeUpgrade(path, sqlite)
    if (copy !== null) onCopied(copy)
  } catch (reason) {
    sqlite.close()
    throw reason
  }
  return openStores(sqlite)
}

/** Stores in the database `sqlite`, migrated to our schema. */
export async function openStores(sqlite: Database.Database): Promise<Stores> {
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) })
  try {
    sqlite.pragma('journal_mode = WAL')
    sqlite.pragma(KEEP_ACKNOWLEDGED)
    sqlite.pragma('foreign_keys = ON')
    const { error } = await new Migrator({
      db: database,
      provider: { getMigrations: async () => migrations },
    }).migrateToLatest()
    if (error !== undefined) throw error
  } catch (error) {
    await database.destroy()
    throw error
  }
  return {
    shares: sqliteShareStore(database, sqlite.memory ? null : sqlite.name),
    webSeeds: sqliteWebSeedStore(database),
    history: sqliteHistoryStore(database),
    held: sqliteHeldStore(database),
    strangeMigrations: () => strangeMigrations(sqlite),
    tokens: sqliteTokenStore(database),
    endings: sqliteEndingStore(database),
    takedown: sqliteTakedownStore(database),
    search: sqliteShareSearch(database),
    reports: sqliteReportStore(database),
    addresses: sqliteAddressStore(database),
    close: () => database.destroy(),
  }
}

function strangeMigrations(sqlite: Database.Database): readonly string[] {
  const done = new Set(sqlite.prepare('SELECT name FROM kysely_migration').pluck().all().map(String))
  const known = new Set(Object.keys(migrations))
  return [...[...known].filter(name => !done.has(name)), ...[...done].filter(name => !known.has(name))]
}
