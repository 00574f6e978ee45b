import type { Kysely } from 'kysely'
import { whileBlocking } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'
import type { Block, Blockable, TakedownStore } from './takedown-store.ts'

/** Most rows of one statement: SQLite takes 32,766 values. */
const BATCH = 500

/** Blocks and the audit log in the tables `blocked` and `audit`. */
export function takedownStoreIn(database: Kysely<Tables>): TakedownStore {
  const published = database.selectFrom('shares').select(['info_hash', 'content_sha256', 'name', 'length'])
  return {
    listBlocks: async () => (await database.selectFrom('blocked').selectAll().execute()).map(blockOf),
    findBlocks: async (infoHashes, content = null) => {
      const found = database.selectFrom('blocked').selectAll()
      const rows = await found
        .where(({ eb, or }) =>
          or([
            eb('info_hash', 'in', infoHashes),
            ...(content === null ? [] : [eb('content_sha256', '=', content)]),
          ]),
        )
        .execute()
      return rows.map(blockOf)
    },
    putBlocks: blocks =>
      whileBlocking(database, async transaction => {
        const distinct = new Map(blocks.map(block => [block.infoHash, block]))
        for (const batch of batchesOf([...distinct.values()])) {
          await transaction
            .insertInto('blocked')
            .values(batch.map(rowOf))
            .onConflict(conflict =>
              conflict.column('info_hash').doUpdateSet(({ ref }) => ({
                content_sha256: ref('excluded.content_sha256'),
                reason: ref('excluded.reason'),
                name: ref('excluded.name'),
                length: ref('excluded.length'),
                blocked_by: ref('excluded.blocked_by'),
                blocked_at: ref('excluded.blocked_at'),
              })),
            )
            .execute()
        }
      }),
    removeBlocks: infoHashes =>
      database.transaction().execute(async transaction => {
        for (const batch of batchesOf(infoHashes)) {
          await transaction.deleteFrom('blocked').where('info_hash', 'in', batch).execute()
        }
      }),
    blockable: async infoHashes => {
      const found: Blockable[] = []
      for (const batch of batchesOf(infoHashes)) {
        found.push(...(await published.where('info_hash', 'in', batch).execute()).map(blockableOf))
      }
      return found
    },
    sameContent: async contents => {
      const found: Blockable[] = []
      for (const batch of batchesOf(contents)) {
        found.push(...(await published.where('content_sha256', 'in', batch).execute()).map(blockableOf))
      }
      return found
    },
    note: async ({ act, by, infoHash, why }, at) => {
      await database
        .insertInto('audit')
        .values({ at: at.getTime(), by, act, info_hash: infoHash, why })
        .execute()
    },
    audit: async ({ before, limit }) => {
      const all = database.selectFrom('audit').selectAll()
      const rows = await (before === null ? all : all.where('id', '<', before))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ act, at, by, id, info_hash, why }) => ({
        id,
        at: new Date(at),
        by,
        act,
        infoHash: info_hash,
        why,
      }))
    },
  }
}

function* batchesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let first = 0; first < all.length; first += BATCH) yield all.slice(first, first + BATCH)
}

const rowOf = ({ at, by, content, infoHash, length, name, reason }: Block): Tables['blocked'] => ({
  info_hash: infoHash,
  content_sha256: content,
  reason,
  name,
  length,
  blocked_by: by,
  blocked_at: at.getTime(),
})

const blockOf = (row: Tables['blocked']): Block => ({
  infoHash: row.info_hash,
  content: row.content_sha256,
  reason: row.reason,
  name: row.name,
  length: row.length,
  by: row.blocked_by,
  at: new Date(row.blocked_at),
})

const blockableOf = ({
  content_sha256: content,
  info_hash: infoHash,
  length,
  name,
}: Pick<Tables['shares'], 'info_hash' | 'content_sha256' | 'name' | 'length'>): Blockable => ({
  infoHash,
  content,
  name,
  length,
})
