import type { Kysely } from 'kysely'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Tables } from './database.ts'
import type { Content, ShareRecord, ShareStore, ShareSummary } from './share-store.ts'

const RECORD_COLUMNS = [
  'info_hash',
  'content',
  'title',
  'description',
  'listed',
  'created_at',
  'updated_at',
] as const
const SUMMARY_COLUMNS = [
  'info_hash',
  'title',
  'name',
  'length',
  'file_count',
  'listed',
  'created_at',
  'updated_at',
] as const

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
          name: share.content.name,
          length: share.content.length,
          file_count: share.content.files.filter(({ padding }) => !padding).length,
          listed: share.listed ? 1 : 0,
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
    update: async (infoHash, { title, description, listed }, at) => {
      await database
        .updateTable('shares')
        .set({
          ...(title === undefined ? {} : { title }),
          ...(description === undefined ? {} : { description }),
          ...(listed === undefined ? {} : { listed: listed ? 1 : 0 }),
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
    listUnlisted: async () => {
      const rows = await database.selectFrom('shares').select('info_hash').where('listed', '=', 0).execute()
      return rows.map(row => row.info_hash)
    },
    summaries: async infoHashes => {
      const rows = await database
        .selectFrom('shares')
        .select(SUMMARY_COLUMNS)
        .where('info_hash', 'in', infoHashes)
        .execute()
      return rows.map(summaryOf)
    },
    newestListed: async limit => {
      const rows = await database
        .selectFrom('shares')
        .select(SUMMARY_COLUMNS)
        .where('listed', '=', 1)
        .orderBy('created_at', 'desc')
        .orderBy('info_hash')
        .limit(limit)
        .execute()
      return rows.map(summaryOf)
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
    listed: row.listed === 1,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}

function summaryOf(row: Pick<Tables['shares'], (typeof SUMMARY_COLUMNS)[number]>): ShareSummary {
  return {
    infoHash: row.info_hash,
    title: row.title,
    name: row.name,
    length: row.length,
    fileCount: row.file_count,
    listed: row.listed === 1,
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  }
}
