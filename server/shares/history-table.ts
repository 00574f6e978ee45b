import { type Kysely, sql } from 'kysely'
import type { HistoryStore } from './history-store.ts'
import { isPostgres } from './postgres/dialect.ts'
import type { Tables } from './tables.ts'

/** Rows per transaction: each turn of the event loop stays short, also with 100,000 swarms. */
const ROWS = 200
const HOUR_MS = 3_600_000
/** Older samples are thinned already: reading all of them each time would delay the tracker. */
const THINNED_MS = 48 * HOUR_MS

/** Samples in the table `history`. */
export function historyStoreIn(database: Kysely<Tables>): HistoryStore {
  return {
    add: async (samples, at) => {
      for (let start = 0; start < samples.length; start += ROWS) {
        const some = samples.slice(start, start + ROWS)
        await database.transaction().execute(async transaction => {
          const shares = await transaction
            .selectFrom('shares')
            .select('info_hash')
            .where(
              'info_hash',
              'in',
              some.map(({ infoHash }) => infoHash),
            )
            // Or one that is deleted meanwhile would refuse all of them.
            .$if(isPostgres(database), query => query.orderBy('info_hash').forKeyShare())
            .execute()
          const known = new Set(shares.map(row => row.info_hash))
          const rows = some
            .filter(({ infoHash }) => known.has(infoHash))
            .map(({ infoHash, ...counts }) => ({ info_hash: infoHash, at: at.getTime(), ...counts }))
          if (rows.length === 0) return
          await transaction
            .insertInto('history')
            .values(rows)
            .onConflict(conflict => conflict.columns(['info_hash', 'at']).doNothing())
            .execute()
        })
      }
    },
    of: async infoHash => {
      const rows = await database
        .selectFrom('history')
        .selectAll()
        .where('info_hash', '=', infoHash)
        .orderBy('at')
        .execute()
      return rows.map(({ info_hash: _, at, ...counts }) => ({ at: new Date(at), ...counts }))
    },
    latest: () =>
      database
        .selectFrom('history')
        .innerJoin(
          database
            .selectFrom('history')
            .select(({ fn }) => ['info_hash', fn.max('at').as('at')])
            .groupBy('info_hash')
            .as('last'),
          join => join.onRef('last.info_hash', '=', 'history.info_hash').onRef('last.at', '=', 'history.at'),
        )
        .select(['history.info_hash as infoHash', 'complete', 'incomplete', 'completed', 'bytes'])
        .execute(),
    prune: async ({ forgetBefore, thinBefore }) => {
      await database.deleteFrom('history').where('at', '<', forgetBefore.getTime()).execute()
      const nextHour = sql<number>`(${sql.ref('history.at')} / ${sql.lit(HOUR_MS)} + 1) * ${sql.lit(HOUR_MS)}`
      await database
        .deleteFrom('history')
        .where('at', '<', thinBefore.getTime())
        .where('at', '>=', thinBefore.getTime() - THINNED_MS)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('history as later')
              .select('later.at')
              .whereRef('later.info_hash', '=', 'history.info_hash')
              .whereRef('later.at', '>', 'history.at')
              .where('later.at', '<', nextHour),
          ),
        )
        .execute()
    },
  }
}
