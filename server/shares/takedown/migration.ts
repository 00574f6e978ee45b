import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { Migration } from 'kysely/migration'
import { idType, isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'
import { digestOfInfo } from './content-digest.ts'

const OVERVIEW = ['created_at', 'info_hash', 'name', 'title', 'length', 'file_count', 'listed', 'publisher']

/** Blocks with their reasons, the audit log, reports, and addresses of publishers. */
export const takedownMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    const { schema } = database
    const numbered = (column: ColumnDefinitionBuilder) =>
      isPostgres(database) ? column.primaryKey() : column.primaryKey().autoIncrement()
    await schema.alterTable('shares').addColumn('content_sha256', 'char(64)').execute()
    await schema.createIndex('shares_content').on('shares').column('content_sha256').execute()
    // All that a search reads: it passes over the rows, which may be megabytes.
    await schema
      .createIndex('shares_overview')
      .on('shares')
      // PostgreSQL keeps what is large beside its rows, and takes no long texts into an index.
      .columns(isPostgres(database) ? ['created_at', 'info_hash'] : OVERVIEW)
      .execute()
    await schema.alterTable('blocked').addColumn('content_sha256', 'char(64)').execute()
    for (const name of ['reason', 'name', 'blocked_by']) {
      await schema
        .alterTable('blocked')
        .addColumn(name, 'text', column => column.notNull().defaultTo(''))
        .execute()
    }
    await schema
      .alterTable('blocked')
      .addColumn('length', 'bigint', column => column.notNull().defaultTo(0))
      .execute()
    await schema
      .createTable('audit')
      .addColumn('id', idType(database), numbered)
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('by', 'text', column => column.notNull())
      .addColumn('act', 'text', column => column.notNull())
      .addColumn('info_hash', 'char(40)')
      .addColumn('why', 'text', column => column.notNull())
      .execute()
    await schema
      .createTable('reports')
      .addColumn('id', idType(database), numbered)
      .addColumn('at', 'bigint', column => column.notNull())
      .addColumn('info_hash', 'char(40)', column => column.notNull())
      .addColumn('reason', 'text', column => column.notNull())
      .addColumn('details', 'text', column => column.notNull())
      .addColumn('contact', 'text', column => column.notNull())
      .addColumn('closed_at', 'bigint')
      .addColumn('closed_by', 'text', column => column.notNull().defaultTo(''))
      .execute()
    await schema.createIndex('reports_open').on('reports').columns(['closed_at', 'info_hash']).execute()
    await schema
      .createTable('publisher_addresses')
      .addColumn('info_hash', 'char(40)', column =>
        column.primaryKey().references('shares.info_hash').onDelete('cascade'),
      )
      .addColumn('address', 'text', column => column.notNull())
      .addColumn('at', 'bigint', column => column.notNull())
      .execute()
    await digestAll(database as Kysely<Tables>)
  },
}

/** One share at a time: their info dictionaries may be large. */
async function digestAll(database: Kysely<Tables>): Promise<void> {
  const shares = await database.selectFrom('shares').select(['info_hash', 'length']).execute()
  for (const { info_hash, length } of shares) {
    const share = database.selectFrom('shares').select('info').where('info_hash', '=', info_hash)
    const { info } = await share.executeTakeFirstOrThrow()
    await database
      .updateTable('shares')
      .set({ content_sha256: digestOfInfo(info, length) })
      .where('info_hash', '=', info_hash)
      .execute()
  }
}
