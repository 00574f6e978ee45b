import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { bytesType } from '../postgres/dialect.ts'

/** SHA-256 of the files of a share, as its owner states them. */
export const checksumsMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    await database.schema
      .createTable('checksums')
      .addColumn('info_hash', 'char(40)', column =>
        column.primaryKey().references('shares.info_hash').onDelete('cascade'),
      )
      .addColumn('sums', bytesType(database), column => column.notNull())
      .addColumn('stated_at', 'bigint', column => column.notNull())
      .execute()
  },
}
