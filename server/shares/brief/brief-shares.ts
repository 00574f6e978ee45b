import { type Kysely, type SelectQueryBuilder, sql } from 'kysely'
import { isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'

/** The covering index of SQLite. */
export const BRIEF_INDEX = 'shares_brief'

/** All that is read of a share without its list of files and its info dictionary. */
export const BRIEF_COLUMNS = [
  'info_hash',
  'head',
  'title',
  'description',
  'listed',
  'expires_at',
  'downloads_max',
  'created_at',
  'updated_at',
  'name',
  'length',
  'file_count',
  'publisher',
] as const

type Brief = Pick<Tables['shares'], (typeof BRIEF_COLUMNS)[number]>

/** Shares to read `BRIEF_COLUMNS` of. The index is named: SQLite prefers its key, and the row behind it may be megabytes. */
export function briefShares(
  database: Kysely<Tables>,
): SelectQueryBuilder<{ shares: Brief }, 'shares', Record<never, never>> {
  const index = isPostgres(database) ? sql`` : sql` indexed by ${sql.raw(BRIEF_INDEX)}`
  return database.selectFrom(sql<Brief>`shares`.as<'shares'>(sql`shares${index}`))
}
