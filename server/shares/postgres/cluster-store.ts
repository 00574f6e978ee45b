import { type Kysely, sql } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Sample } from '../history-store.ts'
import type { Tables } from '../tables.ts'

/** A server of the cluster. */
interface ClusterNode {
  readonly name: string
  /** Of its program: equal on all but during an upgrade. */
  readonly build: string
  readonly startedAt: Date
  /** When it last said that it is there. */
  readonly seenAt: Date
  readonly isHere: boolean
  /** Whether it did what one of all does. */
  readonly leads: boolean
}

/** What nodes tell each other through the database. */
export interface ClusterStore {
  /** Those that were seen within the last minutes, by name. */
  nodes(): Promise<readonly ClusterNode[]>
  /** Info hashes that changed at or after `since`, each with its time, and the time now, in milliseconds of the database's clock. */
  changes(since: number): Promise<{ readonly at: number; readonly changed: ReadonlyMap<InfoHash, number> }>
  /** What this node counts of its swarms; those that are no shares are passed over. */
  putCounts(node: string, samples: readonly Sample[]): Promise<void>
  /** Sums over all nodes: of peers, those of nodes that are there; of downloads and bytes, all. */
  counts(): Promise<readonly Sample[]>
  /** Completed downloads of one share over all nodes. */
  completedOf(infoHash: InfoHash): Promise<number>
  /** Forgets old changes, and nodes that are gone. */
  prune(): Promise<void>
}

/** A node that has not been seen for so long is gone: its session says every two seconds that it is there. */
const GONE_MS = 15_000
const SHOWN_MS = 600_000
const DAY_MS = 86_400_000
/** No outage of the database that a server lives through is longer. */
const CHANGES_MS = 30 * DAY_MS
/** Rows of one statement. */
const BATCH = 500

const now = sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`

/** In the tables `nodes`, `changes` and `swarm_counts`, which only PostgreSQL has. */
export function clusterStoreIn(database: Kysely<Tables>): ClusterStore {
  const sums = () =>
    database
      .selectFrom('swarm_counts')
      .leftJoin('nodes', join =>
        join
          .onRef('nodes.name', '=', 'swarm_counts.node')
          .on('seen_at', '>=', sql`${now} - ${GONE_MS}::bigint`),
      )
      .select(({ fn, ref }) => [
        'info_hash as infoHash',
        sql<number>`sum(case when nodes.name is null then 0 else ${ref('complete')} end)`.as('complete'),
        sql<number>`sum(case when nodes.name is null then 0 else ${ref('incomplete')} end)`.as('incomplete'),
        fn.sum<number>('completed').as('completed'),
        fn.sum<number>('bytes').as('bytes'),
      ])
      .groupBy('info_hash')
  return {
    nodes: async () => {
      const rows = await database
        .selectFrom('nodes')
        .selectAll()
        .select(sql<boolean>`seen_at >= ${now} - ${GONE_MS}::bigint`.as('is_here'))
        .where('seen_at', '>=', sql<number>`${now} - ${SHOWN_MS}::bigint`)
        .orderBy('name')
        .execute()
      return rows.map(row => ({
        name: row.name,
        build: row.build,
        startedAt: new Date(row.started_at),
        seenAt: new Date(row.seen_at),
        isHere: row.is_here,
        leads: row.leads === 1,
      }))
    },
    changes: async since => {
      const at = await sql<{ at: number }>`select ${now} as at`.execute(database)
      const rows = await database.selectFrom('changes').selectAll().where('at', '>=', since).execute()
      return { at: at.rows[0]?.at ?? 0, changed: new Map(rows.map(row => [row.info_hash, row.at])) }
    },
    putCounts: async (node, samples) => {
      const sorted = samples.toSorted((a, b) => (a.infoHash < b.infoHash ? -1 : 1))
      for (let first = 0; first < sorted.length; first += BATCH) {
        const some = sorted.slice(first, first + BATCH)
        await database.transaction().execute(async transaction => {
          const shares = await transaction
            .selectFrom('shares')
            .select('info_hash')
            .where(
              'info_hash',
              'in',
              some.map(({ infoHash }) => infoHash),
            )
            .orderBy('info_hash')
            .forKeyShare()
            .execute()
          const known = new Set(shares.map(row => row.info_hash))
          const rows = some
            .filter(({ infoHash }) => known.has(infoHash))
            .map(({ infoHash, ...counts }) => ({ info_hash: infoHash, node, ...counts }))
          if (rows.length === 0) return
          await transaction
            .insertInto('swarm_counts')
            .values(rows)
            .onConflict(conflict =>
              conflict.columns(['info_hash', 'node']).doUpdateSet(({ ref }) => ({
                complete: ref('excluded.complete'),
                incomplete: ref('excluded.incomplete'),
                completed: ref('excluded.completed'),
                bytes: ref('excluded.bytes'),
              })),
            )
            .execute()
        })
      }
    },
    counts: () => sums().execute(),
    completedOf: async infoHash => {
      const row = await sums().where('info_hash', '=', infoHash).executeTakeFirst()
      return row?.completed ?? 0
    },
    prune: async () => {
      await database
        .deleteFrom('changes')
        .where('at', '<', sql<number>`${now} - ${CHANGES_MS}::bigint`)
        .execute()
      await database
        .deleteFrom('nodes')
        .where('seen_at', '<', sql<number>`${now} - ${DAY_MS}::bigint`)
        .execute()
    },
  }
}
