import { type Kysely, sql } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'

/** When somebody besides this server was last seen who has a share completely. */
export interface SeenStore {
  /** Those that are no shares are passed over. */
  see(infoHashes: readonly InfoHash[], at: Date): Promise<void>
  lastSeen(infoHash: InfoHash): Promise<Date | null>
}

/** Most info hashes of one statement. */
const BATCH = 500

export function seenStoreIn(database: Kysely<Tables>): SeenStore {
  return {
    see: async (infoHashes, at) => {
      const seen_at = at.getTime()
      for (let first = 0; first < infoHashes.length; first += BATCH) {
        const batch = infoHashes.slice(first, first + BATCH)
        await database
          .insertInto('seen')
          .columns(['info_hash', 'seen_at'])
          .expression(from =>
            from
              .selectFrom('shares')
              .select(['info_hash', sql<number>`cast(${seen_at} as bigint)`.as('seen_at')])
              .where('info_hash', 'in', batch)
              // As where `held` is written.
              .$if(isPostgres(database), query => query.orderBy('info_hash').forKeyShare()),
          )
          .onConflict(conflict => conflict.column('info_hash').doUpdateSet({ seen_at }))
          .execute()
      }
    },
    lastSeen: async infoHash => {
      const row = await database
        .selectFrom('seen')
        .select('seen_at')
        .where('info_hash', '=', infoHash)
        .executeTakeFirst()
      return row === undefined ? null : new Date(row.seen_at)
    },
  }
}
