import type { Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'

/** Run in the order of their names; one that was released is never changed again. */
export const migrations: Record<string, Migration> = {
  '001-shares': {
    up: async (database: Kysely<unknown>) => {
      await database.schema
        .createTable('shares')
        .addColumn('info_hash', 'char(40)', column => column.primaryKey())
        .addColumn('info', 'blob', column => column.notNull())
        .addColumn('content', 'text', column => column.notNull())
        .addColumn('comment', 'text', column => column.notNull())
        .addColumn('title', 'text', column => column.notNull())
        .addColumn('description', 'text', column => column.notNull())
        .addColumn('owner_key_sha256', 'blob', column => column.notNull())
        .addColumn('created_at', 'bigint', column => column.notNull())
        .addColumn('updated_at', 'bigint', column => column.notNull())
        .execute()
    },
  },
  '002-web-seeds': {
    up: async (database: Kysely<unknown>) => {
      await database.schema
        .createTable('web_seeds')
        .addColumn('info_hash', 'char(40)', column =>
          column.notNull().references('shares.info_hash').onDelete('cascade'),
        )
        .addColumn('position', 'integer', column => column.notNull())
        .addColumn('url', 'text', column => column.notNull())
        .addColumn('state', 'text', column => column.notNull())
        .addColumn('reason', 'text')
        .addColumn('checked_at', 'bigint', column => column.notNull())
        .addColumn('check_at', 'bigint', column => column.notNull())
        .addColumn('added_by', 'text', column => column.notNull())
        .addPrimaryKeyConstraint('web_seeds_key', ['info_hash', 'url'])
        .execute()
      await database.schema.createIndex('web_seeds_due').on('web_seeds').column('check_at').execute()
    },
  },
  '003-blocked': {
    up: async (database: Kysely<unknown>) => {
      await database.schema
        .createTable('blocked')
        .addColumn('info_hash', 'char(40)', column => column.primaryKey())
        .addColumn('blocked_at', 'bigint', column => column.notNull())
        .execute()
    },
  },
}
