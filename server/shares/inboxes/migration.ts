import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { bytesType, idType, isPostgres } from '../postgres/dialect.ts'

/** Where people ask for files, and what was delivered there. */
export const inboxesMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    const { schema } = database
    const numbered = (column: ColumnDefinitionBuilder) =>
      isPostgres(database) ? column.primaryKey() : column.primaryKey().autoIncrement()
    await schema
      .createTable('inboxes')
      .addColumn('id', 'char(22)', column => column.primaryKey())
      .addColumn('owner_key_sha256', bytesType(database), column => column.notNull())
      .addColumn('sealed', bytesType(database), column => column.notNull())
      .addColumn('created_at', 'bigint', column => column.notNull())
      .addColumn('expires_at', 'bigint', column => column.notNull())
      .addColumn('ended_at', 'bigint')
      .execute()
    await schema.createIndex('inboxes_end').on('inboxes').columns(['ended_at', 'expires_at']).execute()
    await schema
      .createTable('inboxes_deliveries')
      .addColumn('id', idType(database), numbered)
      .addColumn('inbox_id', 'char(22)', column =>
        column.notNull().references('inboxes.id').onDelete('cascade'),
      )
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('sealed', bytesType(database), column => column.notNull())
      .execute()
    await schema
      .createIndex('inboxes_deliveries_of')
      .on('inboxes_deliveries')
      .columns(['inbox_id', 'id'])
      .execute()
  },
}

/** What is sent to who asked is published by their right. Inboxes of earlier versions do not know whose they are: they lend none. */
export const sentMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    const { schema } = database
    await schema.alterTable('inboxes').addColumn('publisher', 'text').execute()
    await schema.alterTable('inboxes').addColumn('send_key_sha256', bytesType(database)).execute()
    await schema
      .createTable('inboxes_shares')
      .addColumn('inbox_id', 'char(22)', column =>
        column.notNull().references('inboxes.id').onDelete('cascade'),
      )
      .addColumn('info_hash', 'char(40)', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('delivered', 'integer', column => column.notNull())
      .addPrimaryKeyConstraint('inboxes_shares_key', ['inbox_id', 'info_hash'])
      .execute()
    await schema.createIndex('inboxes_shares_share').on('inboxes_shares').column('info_hash').execute()
    await schema
      .createIndex('inboxes_shares_untold')
      .on('inboxes_shares')
      .columns(['delivered', 'at'])
      .execute()
  },
}

/** How far the page of who asked has come with what was delivered; those of earlier versions say so with their next question. */
export const fetchedMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    await database.schema
      .alterTable('inboxes')
      .addColumn('fetched', 'bigint', column => column.notNull().defaultTo(0))
      .execute()
  },
}
