import { type Kysely, sql } from 'kysely'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { likeAnyCase } from './postgres/dialect.ts'
import type { Tables } from './tables.ts'

/** A share as operators find it, listed or not. */
export interface FoundShare {
  readonly infoHash: InfoHash
  readonly name: string
  readonly title: string
  readonly length: number
  readonly fileCount: number
  readonly listed: boolean
  /** See `Publisher`; null: nobody in particular. */
  readonly publisher: string | null
  readonly createdAt: Date
}

interface Search {
  /** In name, title or publisher, without regard to case, or at the beginning of the info hash; empty: all. */
  readonly text: string
  /** Only these; null: all. */
  readonly among: readonly InfoHash[] | null
  readonly offset: number
  readonly limit: number
}

/** Looks shares up for operators, newest first. */
export interface ShareSearch {
  find(search: Search): Promise<readonly FoundShare[]>
}

/** On SQLite over the index `shares_overview`, which has all that is read: the rows themselves may be megabytes. */
export function shareSearchIn(database: Kysely<Tables>): ShareSearch {
  return {
    find: async ({ among, limit, offset, text }) => {
      let query = database
        .selectFrom('shares')
        .select(['info_hash', 'name', 'title', 'length', 'file_count', 'listed', 'publisher', 'created_at'])
      if (among !== null) query = query.where('info_hash', 'in', among)
      if (text !== '') {
        const like = likeAnyCase(database)
        const has = (column: 'name' | 'title' | 'publisher') =>
          sql<boolean>`${sql.ref(column)} ${like} ${`%${escaped(text)}%`} escape '\\'`
        query = query.where(({ or }) =>
          or([
            has('name'),
            has('title'),
            has('publisher'),
            sql<boolean>`info_hash like ${`${escaped(text.toLowerCase())}%`} escape '\\'`,
          ]),
        )
      }
      const rows = await query
        .orderBy('created_at', 'desc')
        .orderBy('info_hash')
        .limit(limit)
        .offset(offset)
        .execute()
      return rows.map(row => ({
        infoHash: row.info_hash,
        name: row.name,
        title: row.title,
        length: row.length,
        fileCount: row.file_count,
        listed: row.listed === 1,
        publisher: row.publisher,
        createdAt: new Date(row.created_at),
      }))
    },
  }
}

const escaped = (text: string): string => text.replace(/[\\%_]/g, '\\$&')
