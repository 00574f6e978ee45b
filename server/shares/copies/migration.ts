import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { isPostgres } from '../postgres/dialect.ts'

/** Which seeders there are, and which copies each is to hold. */
export const copiesMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    const { schema } = database
    await schema
      .createTable('seeders')
      .addColumn('id', 'text', column => column.primaryKey())
      .addColumn('name', 'text', column => column.notNull())
      .addColumn('zone', 'text', column => column.notNull())
      .addColumn('free', 'bigint')
      .addColumn('seen_at', 'bigint', column => column.notNull())
      .execute()
    await schema
      .createTable('copies')
      .addColumn('info_hash', 'char(40)', column =>
        column.notNull().references('shares.info_hash').onDelete('cascade'),
      )
      .addColumn('seeder', 'text', column => column.notNull())
      .addColumn('state', 'text', column => column.notNull())
      .addColumn('complete', 'integer', column => column.notNull())
      .addColumn('have', 'bigint', column => column.notNull())
      .addColumn('pinned', 'integer', column => column.notNull())
      .addPrimaryKeyConstraint('copies_key', ['info_hash', 'seeder'])
      .execute()
    await schema.createIndex('copies_seeder').on('copies').column('seeder').execute()
    // Other nodes hear of it as they hear of a share.
    if (isPostgres(database))
      await sql`
        create trigger tabseed_changed after insert or update or delete on copies
          for each row execute function tabseed_changed()
      `.execute(database)
  },
}

/** Where files of seeders are over HTTP, and which have left. */
export const seederAddressesMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    for (const column of ['url', 'inside_url'])
      await database.schema
        .alterTable('seeders')
        // Servers of the version before do not write it.
        .addColumn(column, 'text', text => text.notNull().defaultTo(''))
        .execute()
    await database.schema
      .alterTable('seeders')
      .addColumn('here', 'integer', column => column.notNull().defaultTo(1))
      .execute()
  },
}
