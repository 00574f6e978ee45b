import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** When somebody was last seen who has a share; for those of earlier versions that is not known. */
export const presenceMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    await database.schema
      .createTable('seen')
      .addColumn('info_hash', 'char(40)', column =>
        column.primaryKey().references('shares.info_hash').onDelete('cascade'),
      )
      .addColumn('seen_at', 'bigint', column => column.notNull())
      .execute()
  },
}
