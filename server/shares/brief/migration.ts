import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { headOf } from '../content-json.ts'
import { isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'
import { BRIEF_COLUMNS, BRIEF_INDEX } from './brief-shares.ts'

/**
 * Makes what is said of a share readable without its list of files. PostgreSQL keeps long values beside their rows by itself;
 * SQLite goes through them to the columns behind, so that it gets an index with everything that is short.
 */
export const briefMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    const { schema } = database
    await schema
      .alterTable('shares')
      .addColumn('head', 'text', column => column.notNull().defaultTo(''))
      .execute()
    await fillHeads(database as Kysely<Tables>)
    // What one publisher has is added up: their lengths are behind the contents too.
    await schema.dropIndex('shares_publisher').execute()
    await schema
      .createIndex('shares_publisher')
      .on('shares')
      .columns(['publisher', 'info_hash', 'length'])
      .execute()
    if (isPostgres(database)) return
    await schema
      .createIndex(BRIEF_INDEX)
      .on('shares')
      .columns([...BRIEF_COLUMNS])
      .execute()
  },
}

/** One share at a time: their contents may be large. */
async function fillHeads(database: Kysely<Tables>): Promise<void> {
  const shares = await database.selectFrom('shares').select('info_hash').execute()
  for (const { info_hash } of shares) {
    const share = database.selectFrom('shares').select('content').where('info_hash', '=', info_hash)
    const { content } = await share.executeTakeFirstOrThrow()
    await sql`update shares set head = ${headOf(content)} where info_hash = ${info_hash}`.execute(database)
  }
}
