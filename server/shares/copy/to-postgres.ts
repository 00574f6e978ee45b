import Database from 'better-sqlite3'
import { type Kysely, sql } from 'kysely'
import { migrations } from '../migrations.ts'
import { openPostgres } from '../postgres/open.ts'
import { postgresAt } from '../postgres/pool.ts'
import type { Tables } from '../tables.ts'

/** A table that was copied, and its rows. */
interface CopiedTable {
  readonly table: string
  readonly rows: number
}

type Row = Readonly<Record<string, unknown>>

/** Rows and bytes of one statement; PostgreSQL takes 65,535 values. */
const ROWS_MAX = 200
const BYTES_MAX = 4 * 1024 * 1024

/** Those of which a server has none at its first start. */
const OF_OTHERS = ['shares', 'blocked', 'publish_tokens'] as const

/**
 * Copies the SQLite database in `file`, which nobody writes meanwhile, to the empty PostgreSQL database at `url`: all or nothing.
 * Each table is counted again afterwards. Errors: a sentence for the operator; those of SQLite and `pg`.
 */
export async function copyToPostgres(file: string, url: string): Promise<readonly CopiedTable[]> {
  const source = new Database(file, { readonly: true, fileMustExist: true })
  try {
    requireOurs(source, file)
    await (await openPostgres(url)).close()
    const target = postgresAt(url, 'upgrading')
    try {
      return await target.transaction().execute(async transaction => {
        await requireEmpty(transaction)
        const copied: CopiedTable[] = []
        for (const table of tablesOf(source)) {
          copied.push({ table, rows: await copyTable(source, transaction, table) })
        }
        return copied
      })
    } finally {
      await target.destroy()
    }
  } finally {
    source.close()
  }
}

function requireOurs(source: Database.Database, file: string): void {
  const tables = source.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
  if (!tables.includes('kysely_migration') || !tables.includes('shares')) {
    throw new Error(`${file}: it is the database of another program`)
  }
  const done = new Set(source.prepare('SELECT name FROM kysely_migration').pluck().all().map(String))
  const known = Object.keys(migrations)
  if (known.length === done.size && known.every(name => done.has(name))) return
  throw new Error(`${file}: it is of another version of Tabseed: start and stop this one on it first`)
}

async function requireEmpty(target: Kysely<Tables>): Promise<void> {
  for (const table of OF_OTHERS) {
    const row = await target.selectFrom(table).select(sql`1`.as('found')).limit(1).executeTakeFirst()
    if (row !== undefined)
      throw new Error(`the PostgreSQL database has data in "${table}" already: give it an empty one`)
  }
}

/** Shares and inboxes come before what refers to them. */
function tablesOf(source: Database.Database): readonly string[] {
  const names = source
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all()
    .map(String)
    .filter(name => !/^(sqlite|kysely)_/.test(name))
  return ['shares', ...names.filter(name => name !== 'shares')]
}

async function copyTable(source: Database.Database, target: Kysely<Tables>, table: string): Promise<number> {
  const into = target as unknown as Kysely<Record<string, Row>>
  let batch: Row[] = []
  let bytes = 0
  let rows = 0
  const flush = async () => {
    if (batch.length > 0) await into.insertInto(table).values(batch).execute()
    batch = []
    bytes = 0
  }
  for (const row of source.prepare(`SELECT * FROM "${table}"`).iterate() as IterableIterator<Row>) {
    batch.push(row)
    rows += 1
    bytes += sizeOf(row)
    if (batch.length >= ROWS_MAX || bytes >= BYTES_MAX) await flush()
  }
  await flush()
  const counted = await into
    .selectFrom(table)
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow()
  if (Number(counted['rows']) !== rows)
    throw new Error(`"${table}" has ${counted['rows']} rows there, and ${rows} here`)
  await continueNumbers(target, source, table)
  return rows
}

/** Rows that are numbered go on after the last. */
async function continueNumbers(
  target: Kysely<Tables>,
  source: Database.Database,
  table: string,
): Promise<void> {
  const columns = source.pragma(`table_info("${table}")`) as { name: string; type: string; pk: number }[]
  const isNumbered = columns.some(
    ({ name, pk, type }) => name === 'id' && pk === 1 && /^integer$/i.test(type),
  )
  if (!isNumbered) return
  await sql`
    select setval(pg_get_serial_sequence(${table}, 'id'), coalesce((select max(id) from ${sql.table(table)}), 0) + 1, false)
  `.execute(target)
}

const sizeOf = (row: Row): number =>
  Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === 'string' || value instanceof Uint8Array ? value.length : 8),
    0,
  )
