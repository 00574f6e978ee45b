import type { Kysely } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'

/** A seeder that has been here. */
export interface SeederRecord {
  readonly id: string
  readonly name: string
  /** Empty where nobody said. */
  readonly zone: string
  /** Bytes that nothing is reserved for; null: it does not say. */
  readonly free: number | null
  /** Origins at which its files are, for everybody and for servers alone; empty where there are none. */
  readonly url: string
  readonly insideUrl: string
  readonly seenAt: Date
  /** False: the server that saw it then says that it left. */
  readonly isHere: boolean
}

/** What one seeder has to do with one share; for the states see `CopyStanding` of `server/seeder/placement/`. */
export interface CopyRecord {
  readonly infoHash: InfoHash
  readonly seeder: string
  readonly state: Tables['copies']['state']
  readonly complete: boolean
  /** Verified bytes, as of when it became whole or began. */
  readonly have: number
  readonly pinned: boolean
}

/** Which copies seeders are to hold. */
export interface CopyStore {
  /** Of `infoHashes`, or of all shares. */
  list(infoHashes?: readonly InfoHash[]): Promise<readonly CopyRecord[]>
  /** Adds or replaces; those of what is no share are passed over. */
  put(copies: readonly CopyRecord[]): Promise<void>
  remove(infoHash: InfoHash, seeder: string): Promise<void>
  seeders(): Promise<readonly SeederRecord[]>
  putSeeder(seeder: SeederRecord): Promise<void>
  /** Who saw the seeder at `seenAt` says that it left; nothing changes where it was seen by another server since. */
  leaveSeeder(id: string, seenAt: Date): Promise<void>
  /** Forgets seeders that were not seen since `before`, with their copies. */
  forgetSeeders(before: Date): Promise<void>
}

/** Rows of one statement. */
const BATCH = 500

export function copyStoreIn(database: Kysely<Tables>): CopyStore {
  return {
    list: async infoHashes => {
      if (infoHashes === undefined)
        return (await database.selectFrom('copies').selectAll().execute()).map(copyOf)
      const found: CopyRecord[] = []
      for (let first = 0; first < infoHashes.length; first += BATCH) {
        const some = infoHashes.slice(first, first + BATCH)
        const rows = await database.selectFrom('copies').selectAll().where('info_hash', 'in', some).execute()
        found.push(...rows.map(copyOf))
      }
      return found
    },
    put: async copies => {
      // In one order on all nodes.
      const sorted = copies.toSorted((a, b) => (a.infoHash < b.infoHash ? -1 : 1))
      for (let first = 0; first < sorted.length; first += BATCH) {
        const some = sorted.slice(first, first + BATCH)
        await database.transaction().execute(transaction => putSome(transaction, some))
      }
    },
    remove: async (infoHash, seeder) => {
      await database
        .deleteFrom('copies')
        .where('info_hash', '=', infoHash)
        .where('seeder', '=', seeder)
        .execute()
    },
    seeders: async () => {
      const rows = await database.selectFrom('seeders').selectAll().orderBy('id').execute()
      return rows.map(({ here, inside_url: insideUrl, seen_at, ...row }) => ({
        ...{ ...row, insideUrl },
        seenAt: new Date(seen_at),
        isHere: here === 1,
      }))
    },
    putSeeder: async ({ insideUrl, isHere, seenAt, ...seeder }) => {
      const here = isHere ? (1 as const) : (0 as const)
      const row = { ...seeder, inside_url: insideUrl, seen_at: seenAt.getTime(), here }
      await database
        .insertInto('seeders')
        .values(row)
        .onConflict(conflict => conflict.column('id').doUpdateSet(row))
        .execute()
    },
    leaveSeeder: async (id, seenAt) => {
      await database
        .updateTable('seeders')
        .set({ here: 0 })
        .where('id', '=', id)
        .where('seen_at', '=', seenAt.getTime())
        .execute()
    },
    forgetSeeders: async before => {
      const gone = database.selectFrom('seeders').select('id').where('seen_at', '<', before.getTime())
      await database.deleteFrom('copies').where('seeder', 'in', gone).execute()
      await database.deleteFrom('seeders').where('seen_at', '<', before.getTime()).execute()
    },
  }
}

async function putSome(transaction: Kysely<Tables>, some: readonly CopyRecord[]): Promise<void> {
  const infoHashes = some.map(({ infoHash }) => infoHash)
  const shares = await transaction
    .selectFrom('shares')
    .select('info_hash')
    .where('info_hash', 'in', infoHashes)
    // None that is deleted meanwhile.
    .$if(isPostgres(transaction), query => query.orderBy('info_hash').forKeyShare())
    .execute()
  const known = new Set(shares.map(row => row.info_hash))
  const rows = some
    .filter(({ infoHash }) => known.has(infoHash))
    .map(({ complete, have, infoHash, pinned, seeder, state }) => ({
      ...{ info_hash: infoHash, seeder, state, have },
      complete: complete ? (1 as const) : (0 as const),
      pinned: pinned ? (1 as const) : (0 as const),
    }))
  if (rows.length === 0) return
  await transaction
    .insertInto('copies')
    .values(rows)
    .onConflict(conflict =>
      conflict.columns(['info_hash', 'seeder']).doUpdateSet(({ ref }) => ({
        state: ref('excluded.state'),
        complete: ref('excluded.complete'),
        have: ref('excluded.have'),
        pinned: ref('excluded.pinned'),
      })),
    )
    .execute()
}

const copyOf = (row: Tables['copies']): CopyRecord => ({
  infoHash: row.info_hash,
  seeder: row.seeder,
  state: row.state,
  complete: row.complete === 1,
  have: row.have,
  pinned: row.pinned === 1,
})
