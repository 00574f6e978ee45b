import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type Database from 'better-sqlite3'
import { migrations } from '../migrations.ts'
import { copyDatabase } from './database-copy.ts'

/** How many of these copies are left in the data directory: the one of this upgrade, and of the one before. */
const COPIES_MAX = 2

const COPY = /^tabseed-before-.+\.sqlite$/

/**
 * Copies a database that is about to get a newer schema, beside it, as `tabseed-before-<first new migration>.sqlite`: with it in
 * its place, the earlier version runs again. Returns its path, or null when nothing will change. Errors: SQLite's, the disk's.
 */
export async function copyBeforeUpgrade(path: string, sqlite: Database.Database): Promise<string | null> {
  const isNew = sqlite.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0
  if (isNew) return null
  const done = sqlite.prepare('SELECT name FROM kysely_migration').pluck().all().map(String)
  const first = Object.keys(migrations).find(name => !done.includes(name))
  if (first === undefined) return null
  const folder = dirname(path)
  const copy = join(folder, `tabseed-before-${first}.sqlite`)
  await copyDatabase(path, copy)
  const old = (await readdir(folder)).filter(name => COPY.test(name) && name !== basename(copy)).sort()
  for (const name of old.slice(0, Math.max(0, old.length - COPIES_MAX + 1))) {
    await rm(join(folder, name), { force: true })
  }
  return copy
}
