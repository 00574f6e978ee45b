import { type Compilable, type Kysely, sql } from 'kysely'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { briefShares } from './brief/brief-shares.ts'
import { filesIn, headOf } from './content-json.ts'
import { contentAsBytes, isPostgres, whilePublishing } from './postgres/dialect.ts'
import type { Content, NewShare, ShareRecord, ShareStore, ShareSummary } from './share-store.ts'
import type { Tables } from './tables.ts'
import { writeInWorker } from './write/write-in-worker.ts'

/** Of a record, without its content. */
const RECORD_COLUMNS = [
  'info_hash',
  'title',
  'description',
  'listed',
  'expires_at',
  'downloads_max',
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

/** From this many bytes on a worker writes a share, whole as SQLite does it: the disk takes a tenth of a second for the largest. */
const WORKER_BYTES = 256 * 1024

/** Shares in the table `shares` of the SQLite database in `file`; null: in memory, or in PostgreSQL. */
export function shareStoreIn(database: Kysely<Tables>, file: string | null): ShareStore {
  const select = (infoHash: InfoHash) => database.selectFrom('shares').where('info_hash', '=', infoHash)
  const brief = (infoHash: InfoHash) => briefShares(database).where('info_hash', '=', infoHash)
  const find: ShareStore['find'] = async infoHash => {
    const row = await select(infoHash).select(RECORD_COLUMNS).select('content').executeTakeFirst()
    return row && recordOf(row, row.content)
  }
  const contentOf = async (infoHash: InfoHash) =>
    (await select(infoHash).select('content').executeTakeFirst())?.content
  const isLarge = async (infoHash: InfoHash) => {
    // The list of files is in the info dictionary too. SQLite knows the length of bytes without reading them.
    const bytes = sql<number>`length(info)`.as('bytes')
    return ((await select(infoHash).select(bytes).executeTakeFirst())?.bytes ?? 0) >= WORKER_BYTES
  }
  // Everybody else waits for the connection: for the lock of another one SQLite would stop this thread.
  const inWorker = (file: string, query: Compilable) =>
    database.connection().execute(async () => {
      const { parameters, sql } = query.compile()
      return writeInWorker(file, sql, parameters)
    })
  const findBrief: ShareStore['findBrief'] = async (infoHash, filesMax) => {
    const row = await brief(infoHash)
      .select([...RECORD_COLUMNS, 'head', 'file_count'])
      .executeTakeFirst()
    if (!row) return undefined
    const isLong = row.file_count > filesMax
    const content = isLong && row.head !== '' ? row.head : await contentOf(infoHash)
    if (content === undefined) return undefined
    return { ...recordOf(row, isLong ? headOf(content) : content), fileCount: row.file_count }
  }
  const summaries: ShareStore['summaries'] = async infoHashes => {
    if (infoHashes.length === 0) return []
    const rows = await briefShares(database)
      .select(SUMMARY_COLUMNS)
      .where('info_hash', 'in', infoHashes)
      .execute()
    return rows.map(summaryOf)
  }

  return {
    find,
    findBrief,
    findText: async infoHash => {
      const row = await brief(infoHash)
        .select([...RECORD_COLUMNS, 'head'])
        .executeTakeFirst()
      const content = row && (await contentAsBytes(database, infoHash))
      if (!content) return undefined
      const head = row.head === '' ? headOf(content.toString()) : row.head
      return { record: recordOf(row, head), filesJson: filesIn(content) }
    },
    add: async share => {
      const time = share.createdAt.getTime()
      const insert = database
        .insertInto('shares')
        .values({
          info_hash: share.infoHash,
          info: share.infoBytes,
          content: share.content.json,
          comment: share.comment,
          title: share.title,
          description: share.description,
          owner_key_sha256: share.ownerKeyHash,
          name: share.content.name,
          length: share.content.length,
          file_count: share.content.fileCount,
          listed: share.listed ? 1 : 0,
          publisher: share.publisher,
          expires_at: share.expiresAt?.getTime() ?? null,
          downloads_max: share.downloadsMax,
          created_at: time,
          updated_at: time,
          content_sha256: share.contentDigest,
          head: headOf(share.content.json),
        })
        .onConflict(conflict => conflict.column('info_hash').doNothing())
      if (file !== null && share.infoBytes.length + share.content.json.length >= WORKER_BYTES) {
        return (await inWorker(file, insert)) === 1
      }
      return whilePublishing(database, async inside => {
        if (await isBlockedElsewhere(inside, share)) return false
        const { numAffectedRows } = await inside.executeQuery(insert)
        return numAffectedRows === 1n
      })
    },
    findTorrent: async infoHash => {
      const row = await select(infoHash).select(['info', 'comment']).executeTakeFirst()
      return row && { infoBytes: row.info, comment: row.comment }
    },
    findOwnerKeyHash: async infoHash => {
      // Named, or SQLite goes through the row, which may be megabytes, to its last columns.
      const index = isPostgres(database) ? sql`` : sql`indexed by shares_owner`
      const { rows } = await sql<Pick<Tables['shares'], 'owner_key_sha256'>>`
        select owner_key_sha256 from shares ${index} where info_hash = ${infoHash}
      `.execute(database)
      return rows[0]?.owner_key_sha256
    },
    findPublisher: async infoHash => {
      const row = await brief(infoHash).select('publisher').executeTakeFirst()
      return row?.publisher ?? null
    },
    listOf: async publisher => {
      const rows = await database
        .selectFrom('shares')
        .select(['info_hash', 'length'])
        .where('publisher', '=', publisher)
        .execute()
      return rows.map(row => ({ infoHash: row.info_hash, length: row.length }))
    },
    update: async (infoHash, { title, description, listed, expiresAt, downloadsMax }, at) => {
      const update = database
        .updateTable('shares')
        .set({
          ...(title === undefined ? {} : { title }),
          ...(description === undefined ? {} : { description }),
          ...(listed === undefined ? {} : { listed: listed ? 1 : 0 }),
          ...(expiresAt === undefined ? {} : { expires_at: expiresAt?.getTime() ?? null }),
          ...(downloadsMax === undefined ? {} : { downloads_max: downloadsMax }),
          updated_at: at.getTime(),
        })
        .where('info_hash', '=', infoHash)
      if (file !== null && (await isLarge(infoHash))) await inWorker(file, update)
      else await update.execute()
      return findBrief(infoHash, -1)
    },
    remove: async infoHash => {
      const { numDeletedRows } = await database
        .deleteFrom('shares')
        .where('info_hash', '=', infoHash)
        .executeTakeFirst()
      return numDeletedRows === 1n
    },
    size: async () => {
      if (isPostgres(database)) {
        const all = sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`
        return (await all.execute(database)).rows[0]?.bytes ?? 0
      }
      const pages = sql<{ bytes: number }>`select (page_count - freelist_count) * page_size as bytes
        from pragma_page_count(), pragma_freelist_count(), pragma_page_size()`
      return (await pages.execute(database)).rows[0]?.bytes ?? 0
    },
    standing: async infoHashes => {
      const rows = await briefShares(database)
        .select(['info_hash', 'listed'])
        .where('info_hash', 'in', infoHashes)
        .execute()
      return new Map(rows.map(row => [row.info_hash, row.listed === 1]))
    },
    listInfoHashes: async () => {
      const rows = await database.selectFrom('shares').select('info_hash').execute()
      return rows.map(row => row.info_hash)
    },
    listUnlisted: async () => {
      const rows = await database.selectFrom('shares').select('info_hash').where('listed', '=', 0).execute()
      return rows.map(row => row.info_hash)
    },
    summaries,
    newestListed: async limit => {
      const rows = await database
        .selectFrom('shares')
        .select('info_hash')
        .where('listed', '=', 1)
        .orderBy('created_at', 'desc')
        .orderBy('info_hash')
        .limit(limit)
        .execute()
      const newest = rows.map(row => row.info_hash)
      const found = new Map((await summaries(newest)).map(share => [share.infoHash, share]))
      return newest.flatMap(infoHash => found.get(infoHash) ?? [])
    },
  }
}

/** Of several nodes another one may have blocked it a moment ago. */
async function isBlockedElsewhere(database: Kysely<Tables>, share: NewShare): Promise<boolean> {
  if (!isPostgres(database)) return false
  const row = await database
    .selectFrom('blocked')
    .select('info_hash')
    .where(({ eb, or }) =>
      or([
        eb('info_hash', '=', share.infoHash),
        ...(share.contentDigest === null ? [] : [eb('content_sha256', '=', share.contentDigest)]),
      ]),
    )
    .executeTakeFirst()
  return row !== undefined
}

function recordOf(
  row: Pick<Tables['shares'], (typeof RECORD_COLUMNS)[number]>,
  content: string,
): ShareRecord {
  return {
    infoHash: row.info_hash,
    content: JSON.parse(content) as Content,
    title: row.title,
    description: row.description,
    listed: row.listed === 1,
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
    downloadsMax: row.downloads_max,
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
