import type { Kysely } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Tables } from '../tables.ts'

/** Which shares end by themselves, and which have. */
export interface EndingStore {
  /** Shares whose time is over at `now`. */
  due(now: Date): Promise<readonly InfoHash[]>
  /** Shares that end after a number of downloads. */
  counted(): Promise<readonly { readonly infoHash: InfoHash; readonly downloadsMax: number }[]>
  /** Those of `infoHashes` that have ended, and when. */
  findEnded(infoHashes: readonly InfoHash[]): Promise<ReadonlyMap<InfoHash, Date>>
  listEnded(): Promise<ReadonlyMap<InfoHash, Date>>
  addEnded(infoHash: InfoHash, at: Date): Promise<void>
  removeEnded(infoHashes: readonly InfoHash[]): Promise<void>
}

/** Most info hashes of one statement. */
const BATCH = 500

export function endingStoreIn(database: Kysely<Tables>): EndingStore {
  return {
    due: async now => {
      const rows = await database
        .selectFrom('shares')
        .select('info_hash')
        .where('expires_at', '<=', now.getTime())
        .execute()
      return rows.map(({ info_hash }) => info_hash)
    },
    counted: async () => {
      const rows = await database
        .selectFrom('shares')
        .select(['info_hash', 'downloads_max'])
        .where('downloads_max', '>', 0)
        .execute()
      return rows.map(row => ({ infoHash: row.info_hash, downloadsMax: row.downloads_max ?? 0 }))
    },
    findEnded: async infoHashes => {
      const found = database.selectFrom('ended').selectAll().where('info_hash', 'in', infoHashes)
      return endedIn(await found.execute())
    },
    listEnded: async () => endedIn(await database.selectFrom('ended').selectAll().execute()),
    addEnded: async (infoHash, at) => {
      const ended_at = at.getTime()
      await database
        .insertInto('ended')
        .values({ info_hash: infoHash, ended_at })
        .onConflict(conflict => conflict.column('info_hash').doUpdateSet({ ended_at }))
        .execute()
    },
    removeEnded: async infoHashes => {
      for (let first = 0; first < infoHashes.length; first += BATCH) {
        await database
          .deleteFrom('ended')
          .where('info_hash', 'in', infoHashes.slice(first, first + BATCH))
          .execute()
      }
    },
  }
}

const endedIn = (rows: readonly Tables['ended'][]): ReadonlyMap<InfoHash, Date> =>
  new Map(rows.map(row => [row.info_hash, new Date(row.ended_at)]))
