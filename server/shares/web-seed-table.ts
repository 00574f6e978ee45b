import type { Kysely } from 'kysely'
import type { ErrorCode } from '../../lib/base/errors.ts'
import { isPostgres } from './postgres/dialect.ts'
import type { Tables } from './tables.ts'
import type { WebSeedRecord, WebSeedStore } from './web-seed-store.ts'

/** Web seeds in the table `web_seeds`. */
export function webSeedStoreIn(database: Kysely<Tables>): WebSeedStore {
  return {
    list: async infoHash => {
      const rows = await database
        .selectFrom('web_seeds')
        .selectAll()
        .where('info_hash', '=', infoHash)
        .orderBy('position')
        .execute()
      return rows.map(row => ({
        url: row.url,
        failure: row.reason as ErrorCode | null,
        checkedAt: new Date(row.checked_at),
        checkAt: new Date(row.check_at),
        addedBy: row.added_by,
      }))
    },
    replace: (infoHash, records) =>
      database.transaction().execute(async transaction => {
        const share = await transaction
          .selectFrom('shares')
          .select('info_hash')
          .where('info_hash', '=', infoHash)
          // It is not deleted, and its web seeds not replaced by somebody else, until this is done.
          .$if(isPostgres(database), query => query.forUpdate())
          .executeTakeFirst()
        if (share === undefined) return false
        await transaction.deleteFrom('web_seeds').where('info_hash', '=', infoHash).execute()
        const rows = records.map((record, position) => ({
          info_hash: infoHash,
          position,
          url: record.url,
          added_by: record.addedBy,
          ...found(record),
        }))
        if (rows.length > 0) await transaction.insertInto('web_seeds').values(rows).execute()
        return true
      }),
    listDue: async (now, limit) => {
      const rows = await database
        .selectFrom('web_seeds')
        .select(['info_hash', 'url'])
        .where('check_at', '<=', now.getTime())
        .orderBy('check_at')
        .limit(limit)
        .execute()
      return rows.map(row => ({ infoHash: row.info_hash, url: row.url }))
    },
    update: async (infoHash, url, record) => {
      await database
        .updateTable('web_seeds')
        .set(found(record))
        .where('info_hash', '=', infoHash)
        .where('url', '=', url)
        .execute()
    },
  }
}

function found({ failure, checkedAt, checkAt }: Pick<WebSeedRecord, 'failure' | 'checkedAt' | 'checkAt'>) {
  return {
    state: failure === null ? ('ok' as const) : ('failed' as const),
    reason: failure,
    checked_at: checkedAt.getTime(),
    check_at: checkAt.getTime(),
  }
}
