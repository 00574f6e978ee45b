import { rename, rm, writeFile } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { migrations } from '../migrations.ts'

/** All of a database in one step: in steps, each write of a running server would start it over. */
const ALL_PAGES = 2 ** 31 - 1

/** What a copy has, for who made it. */
interface CopiedDatabase {
  readonly shares: number
  /** Names of the migrations that it has. */
  readonly migrations: readonly string[]
}

/**
 * Copies the database at `from` to `to`, as it is at one moment, while a server may write it; `to` is a whole database or not
 * there. Errors: those of SQLite and of the file system; a message of one line for what is no database of ours or damaged.
 */
export async function copyDatabase(from: string, to: string): Promise<CopiedDatabase> {
  const unfinished = `${to}.new`
  try {
    await rm(unfinished, { force: true })
    await writeFile(unfinished, '', { mode: 0o600 })
    const source = new Database(from, { readonly: true, fileMustExist: true })
    try {
      await source.backup(unfinished, { progress: () => ALL_PAGES })
    } finally {
      source.close()
    }
    const copied = describe(unfinished, from)
    await rename(unfinished, to)
    return copied
  } catch (reason) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw reason
  }
}

function describe(path: string, from: string): CopiedDatabase {
  const database = new Database(path)
  try {
    // The copy is one file, and stays one.
    database.pragma('journal_mode = DELETE')
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
    if (!tables.includes('kysely_migration') || !tables.includes('shares')) {
      throw new Error(`${from}: it is the database of another program`)
    }
    const said = database.pragma('quick_check(1)', { simple: true })
    if (said !== 'ok') throw new Error(`${from}: SQLite finds it damaged`)
    const names = database.prepare('SELECT name FROM kysely_migration ORDER BY name').pluck().all()
    const shares = Number(database.prepare('SELECT count(*) FROM shares').pluck().get())
    return { shares, migrations: names.map(String) }
  } finally {
    database.close()
  }
}

/** Those of `names` that this version does not know. */
export const laterMigrations = (names: readonly string[]): readonly string[] =>
  names.filter(name => !Object.hasOwn(migrations, name))
