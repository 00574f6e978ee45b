import type { Kysely } from 'kysely'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Tables } from './database.ts'
import type { Content, ShareRecord, ShareStore } from './share-store.ts'

const RECORD_COLUMNS = ['info_hash', 'content', 'title', 'description', 'created_at', 'updated_at'] as const

/** Shares in the table `shares`. */
export function sqliteShareStore(database: Kysely<Tables>): ShareStore {
  const select = (infoHash: InfoHash) => database.selectFrom('shares').where('info_hash', '=', infoHash)
  const find: ShareStore['find'] = async infoHash => {
    const row = await select(infoHash).select(RECORD_COLUMNS).executeTakeFirst()
    return row && recordOf(row)
  }

  return {
    find,
    add: async share => {
      const time = share.createdAt.getTime()
      const { numInsertedOrUpdatedRows } = await database
        .insertInto('shares')
        .values({
          info_hash: share.infoHash,
          info: share.infoBytes,
          content: JSON.stringify(share.content),
          comment: share.comment,
          title: share.title,
          description: share.description,
          owner_key_sha256: share.ownerKeyHash,
          created_at: time,
          updated_at: time,
        })
        .onConflict(conflict => conflict.column('info_hash').doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },
    findTorrent: async infoHash => {
      const row = await select(infoHash).select(['info', 'comment']).executeTakeFirst()
      return row && { infoBytes: row.info, comment: row.comment }
    },
    findOwnerKeyHash: async infoHash => {
      const row = await select(infoHash).select('owner_key_sha256').executeTakeFirst()
      return row?.owner_key_sha256
    },
    update: async (infoHash, { title, description }, at) => {
      await database
        .updateTable('shares')
        .set({
          ...(title === undefined ? {} : { title }),
          ...(description === undefined ? {} : { description }),
          updated_at: at.getTime(),
        })
        .where('info_hash', '=', infoHash)
        .execute()
      return find(infoHash)
    },
    remove: async infoHash => {
      const { numDeletedRows } = await database
        .deleteFrom('shares')
        .where('info_hash', '=', infoHash)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
    listInfoHashes: async () => {
      const rows = await database.selectFrom('shares').select('info_hash').execute()
      return rows.map(row => row.info_hash)
    },
    listPrivate: async () => {
      // Quotes in names are escaped, so nothing but the key itself reads like this.
      const rows = await database
        .selectFrom('shares')
        .select('info_hash')
        .where('content', 'like', '%"private":true%')
        .execute()
      return rows.map(row => row.info_hash)
    },
    listBlocked: async () => {
      const rows = await database.selectFrom('blocked').select('info_hash').execute()
      return rows.map(row => row.info_hash)
    },
    block: async (infoHash, at) => {
      await database
        .insertInto('blocked')
        .values({ info_hash: infoHash, blocked_at: at.getTime() })
        .onConflict(conflict => conflict.column('info_hash').doNothing())
        .execute()
    },
    unblock: async infoHash => {
      await database.deleteFrom('blocked').where('info_hash', '=', infoHash).execute()
    },
  }
}

function recordOf(row: Pick<Tables['shares'], (typeof RECORD_COLUMNS)[number]>): ShareRecord {
  return {
    infoHash: row.info_hash,
    content: JSON.parse(row.content) as Content,
    title: row.title,
    description: row.description,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}
