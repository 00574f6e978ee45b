import type { Kysely } from 'kysely'
import type { ReportReason } from '../../../lib/protocol/share-values.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Tables } from '../tables.ts'

/** What somebody says of a share. */
export interface NewReport {
  readonly infoHash: InfoHash
  readonly reason: ReportReason
  readonly details: string
  /** How to answer; empty if it was left out. */
  readonly contact: string
}

interface Report extends NewReport {
  /** Grows with each report. */
  readonly id: number
  readonly at: Date
  readonly closedAt: Date | null
  /** The operator who closed it, or empty. */
  readonly closedBy: string
}

/** Reports, open until an operator closes them. */
export interface ReportStore {
  add(report: NewReport, at: Date): Promise<void>
  /** At most `limit`, newest first: those below `before`, of one share or of all. */
  list(page: {
    readonly state: 'open' | 'closed'
    readonly before: number | null
    readonly limit: number
  }): Promise<readonly Report[]>
  /** Open ones of each share that has some. */
  openCounts(): Promise<ReadonlyMap<InfoHash, number>>
  /** False if there is no such open report. */
  close(id: number, by: string, at: Date): Promise<boolean>
  /** Closes all open reports of these shares. */
  closeOf(infoHashes: readonly InfoHash[], by: string, at: Date): Promise<void>
  /** Deletes the newest open report of a share. */
  dropNewest(infoHash: InfoHash): Promise<void>
  /** Deletes reports that were closed before `before`. */
  prune(before: Date): Promise<void>
}

/** Reports in the table `reports`. */
export function reportStoreIn(database: Kysely<Tables>): ReportStore {
  const closing = (by: string, at: Date) =>
    database
      .updateTable('reports')
      .set({ closed_at: at.getTime(), closed_by: by })
      .where('closed_at', 'is', null)
  return {
    add: async ({ contact, details, infoHash, reason }, at) => {
      await database
        .insertInto('reports')
        .values({
          at: at.getTime(),
          info_hash: infoHash,
          reason,
          details,
          contact,
          closed_at: null,
          closed_by: '',
        })
        .execute()
    },
    list: async ({ before, limit, state }) => {
      const all = database
        .selectFrom('reports')
        .selectAll()
        .where('closed_at', state === 'open' ? 'is' : 'is not', null)
      const rows = await (before === null ? all : all.where('id', '<', before))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(row => ({
        id: row.id,
        at: new Date(row.at),
        infoHash: row.info_hash,
        reason: row.reason,
        details: row.details,
        contact: row.contact,
        closedAt: row.closed_at === null ? null : new Date(row.closed_at),
        closedBy: row.closed_by,
      }))
    },
    openCounts: async () => {
      const rows = await database
        .selectFrom('reports')
        .select(({ fn }) => ['info_hash', fn.countAll<number>().as('count')])
        .where('closed_at', 'is', null)
        .groupBy('info_hash')
        .execute()
      return new Map(rows.map(({ count, info_hash }) => [info_hash, count]))
    },
    close: async (id, by, at) =>
      (await closing(by, at).where('id', '=', id).executeTakeFirst()).numUpdatedRows === 1n,
    closeOf: async (infoHashes, by, at) => {
      for (const infoHash of infoHashes) await closing(by, at).where('info_hash', '=', infoHash).execute()
    },
    dropNewest: async infoHash => {
      const newest = database
        .selectFrom('reports')
        .select(({ fn }) => fn.max('id').as('id'))
        .where('info_hash', '=', infoHash)
        .where('closed_at', 'is', null)
      await database.deleteFrom('reports').where('id', '=', newest).execute()
    },
    prune: async before => {
      await database.deleteFrom('reports').where('closed_at', '<', before.getTime()).execute()
    },
  }
}
