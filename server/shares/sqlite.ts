import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { migrations } from './migrations.ts'
import type { Content, ShareRecord, ShareStore } from './share-store.ts'

/** Times are milliseconds since 1970 in UTC; `content` is JSON. */
interface Tables {
  shares: {
    info_hash: InfoHash
    info: Uint8Array
    content: string
    comment: string
    title: string
    description: string
    owner_key_sha256: Uint8Array
    created_at: number
    updated_at: number
  }
}

const RECORD_COLUMNS = ['info_hash', 'content', 'title', 'description', 'created_at', 'updated_at'] as const

/** Shares in a SQLite file inside `directory`, which is made for its owner alone when it is missing. */
export async function openShareDirectory(directory: string): Promise<ShareStore> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  return openSqliteShareStore(join(directory, 'tabseed.sqlite'))
}

/** Shares in the SQLite database at `path` (`:memory:` for one that goes with the process), migrated to our schema. */
export async function openSqliteShareStore(path: string): Promise<ShareStore> {
  const sqlite = new Database(path)
  sqlite.pragma('journal_mode = WAL')
  // An owner key is handed out once: what was acknowledged must survive a power cut.
  sqlite.pragma('synchronous = FULL')
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) })
  const { error } = await new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  if (error !== undefined) {
    await database.destroy()
    throw error
  }
  return sqliteShareStore(database)
}

function sqliteShareStore(database: Kysely<Tables>): ShareStore {
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
    close: () => database.destroy(),
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
