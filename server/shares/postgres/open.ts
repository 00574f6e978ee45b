import { type Kysely, sql } from 'kysely'
import type { Log } from '../../base/log.ts'
import { migrate, type Stores, storesIn } from '../database.ts'
import { migrations } from '../migrations.ts'
import type { Tables } from '../tables.ts'
import { type ClusterStore, clusterStoreIn } from './cluster-store.ts'
import { reasonAway } from './database-error.ts'
import { nodeName } from './identity.ts'
import { postgresAt } from './pool.ts'
import { ClusterSession, type SessionOptions } from './session.ts'

/** Stores in PostgreSQL, of one or several nodes. */
export interface ClusterStores extends Stores {
  /** Of the database, made with it. */
  readonly clusterId: string
  readonly cluster: ClusterStore
  /**
   * Makes this server one of the nodes; its data directory is `data`, its name `node` or one that is kept there. Errors: those
   * of `nodeName` and `ClusterSession.open`.
   */
  join(
    server: { readonly data: string; readonly node?: string | undefined },
    options: Omit<SessionOptions, 'url' | 'node'>,
  ): Promise<{ readonly node: string; readonly session: ClusterSession }>
}

/**
 * Stores in the PostgreSQL database at `url`, migrated to our schema; several nodes that start at once wait for each other.
 * Errors: a sentence for the operator.
 */
export async function openPostgres(url: string, log?: Log): Promise<ClusterStores> {
  const upgrade = postgresAt(url, 'upgrading', log)
  try {
    await refuseLater(upgrade)
    await migrate(upgrade)
  } catch (reason) {
    throw new Error(reasonAway(reason), { cause: reason })
  } finally {
    await upgrade.destroy()
  }
  const database = postgresAt(url, 'serving', log)
  try {
    const { rows } = await sql<{ id: string }>`select id from cluster`.execute(database)
    const clusterId = rows[0]?.id ?? ''
    return {
      ...storesIn(database, null),
      clusterId,
      cluster: clusterStoreIn(database),
      join: async (server, options) => {
        const node = await nodeName(server.data, server.node, clusterId)
        return { node, session: await ClusterSession.open({ ...options, url, node }) }
      },
    }
  } catch (reason) {
    await database.destroy()
    throw reason
  }
}

/** Kysely would say of a later schema that it is damaged. */
async function refuseLater(database: Kysely<Tables>): Promise<void> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true })
  const names = tables.map(({ name }) => name)
  if (!names.includes('kysely_migration')) {
    if (names.length === 0) return
    throw new Error('it is the database of another program: give Tabseed one of its own')
  }
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(database)
  const later = rows.map(({ name }) => name).filter(name => !Object.hasOwn(migrations, name))
  if (later.length === 0) return
  throw new Error(`a newer Tabseed wrote it (${later.join(', ')}): start that one, or bring a backup back`)
}
