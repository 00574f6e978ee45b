import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Shares that end by themselves, and those that have. */
export const expiryMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    const { schema } = database
    await schema.alterTable('shares').addColumn('expires_at', 'bigint').execute()
    await schema.alterTable('shares').addColumn('downloads_max', 'integer').execute()
    await schema.createIndex('shares_expire').on('shares').column('expires_at').execute()
    await schema.createIndex('shares_counted').on('shares').column('downloads_max').execute()
    await schema
      .createTable('ended')
      .addColumn('info_hash', 'char(40)', column => column.primaryKey())
      .addColumn('ended_at', 'bigint', column => column.notNull())
      .execute()
  },
}
