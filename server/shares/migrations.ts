import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { briefMigration } from './brief/migration.ts'
import { bucketMigration } from './bucket/migration.ts'
import { checksumsMigration } from './checksums/migration.ts'
import { copiesMigration, seederAddressesMigration } from './copies/migration.ts'
import { expiryMigration } from './expiry/migration.ts'
import { fetchedMigration, inboxesMigration, sentMigration } from './inboxes/migration.ts'
import { bytesType } from './postgres/dialect.ts'
import { clusterMigration } from './postgres/migration.ts'
import { presenceMigration } from './presence/migration.ts'
import type { Content } from './share-store.ts'
import type { Tables } from './tables.ts'
import { takedownMigration } from './takedown/migration.ts'

/** Run in the order of their names, on SQLite and PostgreSQL. A released migration must never change. */
export const migrations: Record<string, Migration> = {
  '001-shares': {
    up: async (database: Kysely<unknown>) => {
      await database.schema
        .createTable('shares')
        .addColumn('info_hash', 'char(40)', column => column.primaryKey())
        .addColumn('info', bytesType(database), column => column.notNull())
        .addColumn('content', 'text', column => column.notNull())
        .addColumn('comment', 'text', column => column.notNull())
        .addColumn('title', 'text', column => column.notNull())
        .addColumn('description', 'text', column => column.notNull())
        .addColumn('owner_key_sha256', bytesType(database), column => column.notNull())
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
  '004-lists': {
    up: async (database: Kysely<unknown>) => {
      const table = () => database.schema.alterTable('shares')
      await table()
        .addColumn('name', 'text', column => column.notNull().defaultTo(''))
        .execute()
      await table()
        .addColumn('length', 'bigint', column => column.notNull().defaultTo(0))
        .execute()
      await table()
        .addColumn('file_count', 'integer', column => column.notNull().defaultTo(0))
        .execute()
      // Shares that were published before there were lists were not meant to be listed.
      await table()
        .addColumn('listed', 'integer', column => column.notNull().defaultTo(0))
        .execute()
      await database.schema
        .createIndex('shares_newest')
        .on('shares')
        .columns(['listed', 'created_at'])
        .execute()
      await summarize(database as Kysely<Tables>)
    },
  },
  '005-history': {
    up: async (database: Kysely<unknown>) => {
      await database.schema
        .createTable('history')
        .addColumn('info_hash', 'char(40)', column =>
          column.notNull().references('shares.info_hash').onDelete('cascade'),
        )
        .addColumn('at', 'bigint', column => column.notNull())
        .addColumn('complete', 'integer', column => column.notNull())
        .addColumn('incomplete', 'integer', column => column.notNull())
        .addColumn('completed', 'bigint', column => column.notNull())
        .addColumn('bytes', 'bigint', column => column.notNull())
        .addPrimaryKeyConstraint('history_key', ['info_hash', 'at'])
        .execute()
      await database.schema.createIndex('history_age').on('history').column('at').execute()
    },
  },
  '006-held': {
    up: async (database: Kysely<unknown>) => {
      await database.schema
        .createTable('held')
        .addColumn('info_hash', 'char(40)', column =>
          column.primaryKey().references('shares.info_hash').onDelete('cascade'),
        )
        .addColumn('held_at', 'bigint', column => column.notNull())
        .execute()
      // Who had the shares of an earlier version was not noted: their time begins now.
      await (database as Kysely<Tables>)
        .insertInto('held')
        .columns(['info_hash', 'held_at'])
        .expression(from =>
          from
            .selectFrom('shares')
            .select(['info_hash', sql<number>`cast(${Date.now()} as bigint)`.as('held_at')]),
        )
        .execute()
    },
  },
  '007-publishers': {
    up: async (database: Kysely<unknown>) => {
      await database.schema
        .createTable('publish_tokens')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('name', 'text', column => column.notNull())
        .addColumn('secret_sha256', bytesType(database), column => column.unique())
        .addColumn('invitation_sha256', bytesType(database), column => column.unique())
        .addColumn('shares_max', 'integer')
        .addColumn('bytes_max', 'bigint')
        .addColumn('created_at', 'bigint', column => column.notNull())
        .addColumn('expires_at', 'bigint')
        .addColumn('revoked_at', 'bigint')
        .execute()
      await database.schema.alterTable('shares').addColumn('publisher', 'text').execute()
      await database.schema.createIndex('shares_publisher').on('shares').column('publisher').execute()
    },
  },
  '008-takedown': takedownMigration,
  '009-expiry': expiryMigration,
  '010-owner-keys': {
    up: async (database: Kysely<unknown>) => {
      await database.schema
        .createIndex('shares_owner')
        .on('shares')
        .columns(['info_hash', 'owner_key_sha256'])
        .execute()
    },
  },
  '012-seen': presenceMigration,
  '013-cluster': clusterMigration,
  '015-checksums': checksumsMigration,
  '016-inboxes': inboxesMigration,
  '018-bucket': bucketMigration,
  '018-copies': copiesMigration,
  '019-brief': briefMigration,
  '020-sent': sentMigration,
  '021-seeder-addresses': seederAddressesMigration,
  '022-fetched': fetchedMigration,
}

/** Fills the columns for lists, one share at a time: the contents may be large. */
async function summarize(database: Kysely<Tables>): Promise<void> {
  const shares = await database.selectFrom('shares').select('info_hash').execute()
  for (const { info_hash } of shares) {
    const share = database.selectFrom('shares').select('content').where('info_hash', '=', info_hash)
    const { content } = await share.executeTakeFirstOrThrow()
    const { files, length, name } = JSON.parse(content) as Content
    const file_count = files.filter(({ padding }) => !padding).length
    await database
      .updateTable('shares')
      .set({ name, length, file_count })
      .where('info_hash', '=', info_hash)
      .execute()
  }
}
