import { join } from 'node:path'
import type Database from 'better-sqlite3'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { makeFolder } from '../base/make-folder.ts'
import type { TokenStore } from '../publishers/token-store.ts'
import { type BucketStore, bucketStoreIn } from './bucket/bucket-store.ts'
import { type ChecksumStore, checksumStoreIn } from './checksums/checksum-store.ts'
import { type CopyStore, copyStoreIn } from './copies/copy-store.ts'
import { copyBeforeUpgrade } from './copy/before-upgrade.ts'
import { openDatabaseFile } from './database-file.ts'
import { type EndingStore, endingStoreIn } from './expiry/ending-store.ts'
import { type HeldStore, heldStoreIn } from './expiry/held-store.ts'
import type { HistoryStore } from './history-store.ts'
import { historyStoreIn } from './history-table.ts'
import { type InboxStore, inboxStoreIn } from './inboxes/inbox-store.ts'
import { type SentStore, sentStoreIn } from './inboxes/sent-store.ts'
import { migrations } from './migrations.ts'
import { isPostgres } from './postgres/dialect.ts'
import { type SeenStore, seenStoreIn } from './presence/seen-store.ts'
import { tokenStoreIn } from './publishing/token-table.ts'
import { type ShareSearch, shareSearchIn } from './share-search.ts'
import type { ShareStore } from './share-store.ts'
import { shareStoreIn } from './share-table.ts'
import { KEEP_ACKNOWLEDGED, type Tables } from './tables.ts'
import { type AddressStore, addressStoreIn } from './takedown/publisher-addresses.ts'
import { type ReportStore, reportStoreIn } from './takedown/report-store.ts'
import type { TakedownStore } from './takedown/takedown-store.ts'
import { takedownStoreIn } from './takedown/takedown-table.ts'
import type { WebSeedStore } from './web-seed-store.ts'
import { webSeedStoreIn } from './web-seed-table.ts'

/** All stores of shares, in one database. */
export interface Stores {
  readonly shares: ShareStore
  readonly webSeeds: WebSeedStore
  readonly history: HistoryStore
  readonly held: HeldStore
  readonly seen: SeenStore
  readonly copies: CopyStore
  readonly checksums: ChecksumStore
  readonly inboxes: InboxStore
  readonly sent: SentStore
  readonly bucket: BucketStore
  /** Names of the migrations that the database lacks, or has and this version does not know. Errors: the database's. */
  strangeMigrations(): Promise<readonly string[]>
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
    await migrate(database)
  } catch (error) {
    await database.destroy()
    throw error
  }
  return storesIn(database, sqlite.memory ? null : sqlite.name)
}

/** Brings `database` to our schema. Errors: those of its driver; that a newer Tabseed wrote it. */
export async function migrate(database: Kysely<Tables>): Promise<void> {
  const { error } = await new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  if (error !== undefined) throw error
}

/** All stores in `database`: SQLite's in `file` (null: in memory), or PostgreSQL. */
export function storesIn(database: Kysely<Tables>, file: string | null): Stores {
  return {
    shares: shareStoreIn(database, file),
    webSeeds: webSeedStoreIn(database),
    history: historyStoreIn(database),
    held: heldStoreIn(database),
    seen: seenStoreIn(database),
    copies: copyStoreIn(database),
    checksums: checksumStoreIn(database),
    inboxes: inboxStoreIn(database),
    sent: sentStoreIn(database),
    bucket: bucketStoreIn(database),
    strangeMigrations: () => strangeMigrations(database),
    tokens: tokenStoreIn(database),
    endings: endingStoreIn(database),
    takedown: takedownStoreIn(database),
    search: shareSearchIn(database),
    reports: reportStoreIn(database),
    addresses: addressStoreIn(database),
    close: () => database.destroy(),
  }
}

async function strangeMigrations(database: Kysely<Tables>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(database)
  const done = new Set(rows.map(({ name }) => name))
  const known = new Set(Object.keys(migrations))
  const missing = [...known].filter(name => !done.has(name))
  // A newer node upgraded it: this one works on until it is upgraded too.
  return isPostgres(database) ? missing : [...missing, ...[...done].filter(name => !known.has(name))]
}
