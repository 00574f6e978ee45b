import { type Kysely, sql } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'

/** When somebody was last seen who has a share completely. */
export interface HeldStore {
  /** Somebody has these now; those that are no shares are passed over. */
  touch(infoHashes: readonly InfoHash[], at: Date): Promise<void>
  /** Shares that were published before `before` and that nobody has had since, without web seeds. */
  abandoned(before: Date): Promise<readonly InfoHash[]>
}

/** Most info hashes of one statement. */
const BATCH = 500

export function heldStoreIn(database: Kysely<Tables>): HeldStore {
  return {
    touch: async (infoHashes, at) => {
      for (let first = 0; first < infoHashes.length; first += BATCH) {
        const batch = infoHashes.slice(first, first + BATCH)
        await database
          .insertInto('held')
          .columns(['info_hash', 'held_at'])
          .expression(from =>
            from
              .selectFrom('shares')
              .select(['info_hash', sql<number>`cast(${at.getTime()} as bigint)`.as('held_at')])
              .where('info_hash', 'in', batch)
              // In one order on all nodes, and none that is deleted meanwhile.
              .$if(isPostgres(database), query => query.orderBy('info_hash').forKeyShare()),
          )
          .onConflict(conflict => conflict.column('info_hash').doUpdateSet({ held_at: at.getTime() }))
          .execute()
      }
    },
    abandoned: async before => {
      const time = before.getTime()
      const rows = await database
        .selectFrom('shares')
        .select('shares.info_hash')
        .where('created_at', '<', time)
        .where(({ exists, not, selectFrom }) =>
          not(
            exists(
              selectFrom('held')
                .select('held.info_hash')
                .whereRef('held.info_hash', '=', 'shares.info_hash')
                .where('held_at', '>=', time),
            ),
          ),
        )
        .where(({ exists, not, selectFrom }) =>
          not(
            exists(
              selectFrom('web_seeds')
                .select('web_seeds.info_hash')
                .whereRef('web_seeds.info_hash', '=', 'shares.info_hash'),
            ),
          ),
        )
        .execute()
      return rows.map(({ info_hash }) => info_hash)
    },
  }
}
