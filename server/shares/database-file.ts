import { chmodSync, closeSync, openSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'

/** The whole file is checked at the start up to this size in bytes: about a second. A larger one shows damage when it is read. */
const CHECKED_MAX_BYTES = 1 << 30

/** Why a database is not used; the message is one line, with its path. */
class DataError extends Error {
  override readonly name = 'DataError'
}

/** What Kysely notes its migrations in. */
const MIGRATIONS = 'kysely_migration'

/**
 * Opens the database at `path`, whose folder exists, or makes it, readable by its owner only. Nothing is changed unless it is
 * ours, whole, and of no later schema than `migrations`; an empty or missing one is taken for a new one only where no
 * other data lies beside it. Errors: `DataError`, the file system's own.
 */
export function openDatabaseFile(path: string, migrations: readonly string[]): Database.Database {
  const bytes = makeFile(path)
  const database = openFile(path)
  try {
    if (isEmpty(database)) refuseBesideData(path)
    else requireOurs(database, path, { migrations, bytes })
    return database
  } catch (reason) {
    database.close()
    throw reason instanceof DataError ? reason : damaged(path, messageOf(reason), { cause: reason })
  }
}

/** Bytes it has. */
function makeFile(path: string): number {
  try {
    closeSync(openSync(path, 'wx', 0o600))
    return 0
  } catch (reason) {
    if ((reason as NodeJS.ErrnoException).code !== 'EEXIST') throw reason
  }
  // Made by an earlier version, it may be readable by others. Its log takes its mode.
  const { mode, size } = statSync(path)
  if ((mode & 0o077) !== 0) chmodSync(path, 0o600)
  return size
}

function openFile(path: string): Database.Database {
  try {
    return new Database(path)
  } catch (reason) {
    throw damaged(path, messageOf(reason), { cause: reason })
  }
}

const isEmpty = (database: Database.Database): boolean =>
  database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0

/** A start with an empty database would drop what the seeder holds, as copies of shares that do not exist. */
function refuseBesideData(path: string): void {
  const found = otherData(dirname(path))
  if (found.length === 0) return
  throw damaged(
    path,
    `it is empty or was missing, but there is ${found.join(' and ')}: bring it back from a backup, or move those away to start with an empty one`,
  )
}

/** What a server wrote into its data directory besides the database. */
function otherData(folder: string): readonly string[] {
  const seeder = join(folder, 'seeder')
  return [
    ...namesIn(folder).filter(name => name.startsWith('tracker.json')),
    ...namesIn(seeder)
      .filter(name => /^[0-9a-f]{40}\.torrent$|^published\.json/.test(name))
      .slice(0, 1)
      .map(name => join(basename(seeder), name)),
  ]
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

interface Expected {
  readonly migrations: readonly string[]
  readonly bytes: number
}

function requireOurs(database: Database.Database, path: string, { bytes, migrations }: Expected): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
  if (!tables.includes(MIGRATIONS)) throw damaged(path, 'it is the database of another program')
  if (bytes <= CHECKED_MAX_BYTES) {
    const said = database.pragma('quick_check(1)', { simple: true })
    if (said !== 'ok') throw damaged(path, `SQLite finds it damaged (${firstLine(said)})`)
  }
  const done = database.prepare(`SELECT name FROM ${MIGRATIONS}`).pluck().all().map(String)
  const later = done.filter(name => !migrations.includes(name))
  if (later.length === 0) return
  throw damaged(
    path,
    `a newer Tabseed wrote it (${later.join(', ')}): start that one, or bring a backup back`,
  )
}

const damaged = (path: string, reason: string, options?: ErrorOptions) =>
  new DataError(`${path}: ${reason}`, options)

const firstLine = (said: unknown): string => String(said).trim().split('\n').slice(-1).join('')

function messageOf(reason: unknown): string {
  const { code, message } = reason as { code?: unknown; message?: unknown }
  return typeof code === 'string' ? `${message} (${code})` : String(message)
}
