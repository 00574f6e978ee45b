import { type Kysely, PostgresAdapter, type RawBuilder, sql } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { utf8InTurns } from '../../http/turns.ts'
import type { Tables } from '../tables.ts'

/**
 * Whether `database` is PostgreSQL; else it is SQLite. Stores are the same for both: what follows is all in which their
 * statements differ.
 */
export const isPostgres = <T>(database: Kysely<T>): boolean =>
  database.getExecutor().adapter instanceof PostgresAdapter

/** Type of a column that holds bytes. */
export const bytesType = <T>(database: Kysely<T>): 'bytea' | 'blob' =>
  isPostgres(database) ? 'bytea' : 'blob'

/** Type of a column that numbers its rows, for a primary key; SQLite's must be `autoIncrement` too. */
export const idType = <T>(database: Kysely<T>): 'bigserial' | 'integer' =>
  isPostgres(database) ? 'bigserial' : 'integer'

/** `like` without regard to case. */
export const likeAnyCase = <T>(database: Kysely<T>): RawBuilder<unknown> =>
  isPostgres(database) ? sql`ilike` : sql`like`

/** The content of a share in UTF-8; undefined: there is none. SQLite has these bytes, so that megabytes need not be decoded. */
export async function contentAsBytes(
  database: Kysely<Tables>,
  infoHash: InfoHash,
): Promise<Buffer | undefined> {
  const content = isPostgres(database) ? sql`content` : sql`cast(content as blob)`
  const { rows } = await sql<{ content: string | Buffer }>`
    select ${content} as content from shares where info_hash = ${infoHash}
  `.execute(database)
  const found = rows[0]?.content
  return typeof found === 'string' ? utf8InTurns(found) : found
}

/** Whole transactions of publishing hold it together, those of blocking alone. */
const PUBLISHING_LOCK = 7_220_001

/**
 * Runs `work` so that it and no blocking are under way at once, on any node: whichever of both commits first is seen by the
 * other. One SQLite database is that of one server, where memory says what is blocked.
 */
export const whilePublishing = <T>(database: Kysely<Tables>, work: Work<T>): Promise<T> =>
  locked(database, sql`pg_advisory_xact_lock_shared`, work)

/** The counterpart of `whilePublishing`, in a transaction on either database. */
export const whileBlocking = <T>(database: Kysely<Tables>, work: Work<T>): Promise<T> =>
  isPostgres(database)
    ? locked(database, sql`pg_advisory_xact_lock`, work)
    : database.transaction().execute(work)

type Work<T> = (database: Kysely<Tables>) => Promise<T>

function locked<T>(database: Kysely<Tables>, lock: RawBuilder<unknown>, work: Work<T>): Promise<T> {
  if (!isPostgres(database)) return work(database)
  return database.transaction().execute(async transaction => {
    await sql`select ${lock}(${sql.lit(PUBLISHING_LOCK)})`.execute(transaction)
    return work(transaction)
  })
}
