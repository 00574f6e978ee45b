import type { Kysely } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Tables } from '../tables.ts'

/** From which addresses shares were published; kept only where the operator says for how long. */
export interface AddressStore {
  /** Of a published share. */
  note(infoHash: InfoHash, address: string, at: Date): Promise<void>
  of(infoHashes: readonly InfoHash[]): Promise<ReadonlyMap<InfoHash, string>>
  /** Shares that were published from `address`, at most `limit`. */
  publishedFrom(address: string, limit: number): Promise<readonly InfoHash[]>
  /** Deletes those noted before `before`. */
  prune(before: Date): Promise<void>
}

/** Addresses in the table `publisher_addresses`. */
export function addressStoreIn(database: Kysely<Tables>): AddressStore {
  return {
    note: async (infoHash, address, at) => {
      await database
        .insertInto('publisher_addresses')
        .values({ info_hash: infoHash, address, at: at.getTime() })
        .onConflict(conflict => conflict.column('info_hash').doUpdateSet({ address, at: at.getTime() }))
        .execute()
    },
    of: async infoHashes => {
      const rows = await database
        .selectFrom('publisher_addresses')
        .select(['info_hash', 'address'])
        .where('info_hash', 'in', infoHashes)
        .execute()
      return new Map(rows.map(({ address, info_hash }) => [info_hash, address]))
    },
    publishedFrom: async (address, limit) => {
      const rows = await database
        .selectFrom('publisher_addresses')
        .select('info_hash')
        .where('address', '=', address)
        .orderBy('at', 'desc')
        .limit(limit)
        .execute()
      return rows.map(({ info_hash }) => info_hash)
    },
    prune: async before => {
      await database.deleteFrom('publisher_addresses').where('at', '<', before.getTime()).execute()
    },
  }
}
