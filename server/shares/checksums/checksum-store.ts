import type { Kysely } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'

const SHA256_BYTES = 32
/** In place of a checksum that is not known: no file has it. */
const UNKNOWN = Buffer.alloc(SHA256_BYTES)

/** What the owner of a share states: SHA-256 of each file in hex, in metainfo order; null where it is not known. */
export interface StatedChecksums {
  readonly sha256: readonly (string | null)[]
  readonly statedAt: Date
}

/** Stated checksums by info hash; they are deleted with their share. A change is on disk when its promise resolves. */
export interface ChecksumStore {
  find(infoHash: InfoHash): Promise<StatedChecksums | undefined>
  /** Replaces those of a share; false if there is no such share. */
  replace(infoHash: InfoHash, stated: StatedChecksums): Promise<boolean>
}

export function checksumStoreIn(database: Kysely<Tables>): ChecksumStore {
  return {
    find: async infoHash => {
      const row = await database
        .selectFrom('checksums')
        .select(['sums', 'stated_at'])
        .where('info_hash', '=', infoHash)
        .executeTakeFirst()
      return row && { sha256: unpacked(row.sums), statedAt: new Date(row.stated_at) }
    },
    replace: (infoHash, { sha256, statedAt }) =>
      database.transaction().execute(async transaction => {
        const share = await transaction
          .selectFrom('shares')
          .select('info_hash')
          .where('info_hash', '=', infoHash)
          // It is not deleted until this is done.
          .$if(isPostgres(database), query => query.forKeyShare())
          .executeTakeFirst()
        if (share === undefined) return false
        const row = { sums: packed(sha256), stated_at: statedAt.getTime() }
        await transaction
          .insertInto('checksums')
          .values({ info_hash: infoHash, ...row })
          .onConflict(conflict => conflict.column('info_hash').doUpdateSet(row))
          .execute()
        return true
      }),
  }
}

const packed = (sha256: StatedChecksums['sha256']): Buffer =>
  Buffer.concat(sha256.map(sum => (sum === null ? UNKNOWN : Buffer.from(sum, 'hex'))))

function unpacked(sums: Uint8Array): (string | null)[] {
  const bytes = Buffer.from(sums)
  return Array.from({ length: bytes.length / SHA256_BYTES }, (_, at) => {
    const sum = bytes.subarray(SHA256_BYTES * at, SHA256_BYTES * (at + 1))
    return sum.equals(UNKNOWN) ? null : sum.toString('hex')
  })
}
