import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { isPostgres } from './dialect.ts'

/** What nodes of one cluster tell each other. Only PostgreSQL has several: on SQLite nothing is added. */
export const clusterMigration: Migration = {
  up: async (database: Kysely<unknown>) => {
    if (!isPostgres(database)) return
    const { schema } = database
    await schema
      .createTable('cluster')
      .addColumn('id', 'text', column => column.primaryKey())
      .execute()
    await sql`insert into cluster (id) values (gen_random_uuid()::text)`.execute(database)
    await schema
      .createTable('nodes')
      .addColumn('name', 'text', column => column.primaryKey())
      .addColumn('build', 'text', column => column.notNull())
      .addColumn('started_at', 'bigint', column => column.notNull())
      .addColumn('seen_at', 'bigint', column => column.notNull())
      .addColumn('leads', 'integer', column => column.notNull())
      .execute()
    await schema
      .createTable('swarm_counts')
      .addColumn('info_hash', 'char(40)', column =>
        column.notNull().references('shares.info_hash').onDelete('cascade'),
      )
      .addColumn('node', 'text', column => column.notNull())
      .addColumn('complete', 'integer', column => column.notNull())
      .addColumn('incomplete', 'integer', column => column.notNull())
      .addColumn('completed', 'bigint', column => column.notNull())
      .addColumn('bytes', 'bigint', column => column.notNull())
      .addPrimaryKeyConstraint('swarm_counts_key', ['info_hash', 'node'])
      .execute()
    await schema
      .createTable('changes')
      .addColumn('info_hash', 'char(40)', column => column.primaryKey())
      .addColumn('at', 'bigint', column => column.notNull())
      .execute()
    await schema.createIndex('changes_age').on('changes').column('at').execute()
    await tellChanges(database)
  },
}

/** What decides whether a share is tracked, listed or refused. */
const TOLD = ['shares', 'blocked', 'ended'] as const

/** Whichever statement changes a share, its info hash is noted and told with the same commit. */
async function tellChanges(database: Kysely<unknown>): Promise<void> {
  await sql`
    create function tabseed_changed() returns trigger language plpgsql as $$
    declare hash char(40);
    begin
      if tg_op = 'DELETE' then hash := old.info_hash; else hash := new.info_hash; end if;
      insert into changes (info_hash, at) values (hash, (extract(epoch from clock_timestamp()) * 1000)::bigint)
        on conflict (info_hash) do update set at = excluded.at;
      perform pg_notify('tabseed_changed', hash);
      return null;
    end $$
  `.execute(database)
  for (const table of TOLD) {
    await sql`
      create trigger tabseed_changed after insert or update or delete on ${sql.table(table)}
        for each row execute function tabseed_changed()
    `.execute(database)
  }
}
