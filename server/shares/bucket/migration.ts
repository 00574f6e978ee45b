import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Shares that are, or were, in the bucket. They outlive the share: what it left there is still to be removed. */
export const bucketMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    await database.schema
      .createTable('bucket_shares')
      .addColumn('info_hash', 'char(40)', column => column.primaryKey())
      .addColumn('state', 'text', column => column.notNull())
      .addColumn('node', 'text', column => column.notNull())
      .addColumn('open_file', 'integer')
      .addColumn('objects', 'integer', column => column.notNull())
      .addColumn('bytes', 'bigint', column => column.notNull())
      .addColumn('changed_at', 'bigint', column => column.notNull())
      .execute()
    await database.schema
      .createIndex('bucket_shares_changed')
      .on('bucket_shares')
      .column('changed_at')
      .execute()
  },
}
