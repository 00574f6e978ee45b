import type { Kysely } from 'kysely'
import { isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'

/** A link with which somebody asks for files. What is `sealed` only who has the link can read. */
export interface InboxRecord {
  readonly id: string
  readonly ownerKeyHash: Uint8Array
  readonly sealed: Uint8Array
  /** Who asks, as their shares are noted; null: nobody in particular. */
  readonly publisher: string | null
  /** SHA-256 of what only who has the link knows; null: what is sent is published by the sender's own right. */
  readonly sendKeyHash: Uint8Array | null
  readonly createdAt: Date
  readonly expiresAt: Date
  /** When it was stopped, or its time was over; null while it takes deliveries. */
  readonly endedAt: Date | null
  /** Number of the last delivery that the page of who asked has; 0: of none. */
  readonly fetched: number
}

/** What somebody sent to an inbox. */
interface DeliveryRecord {
  /** Grows with each delivery of an inbox. */
  readonly number: number
  readonly at: Date
  readonly sealed: Uint8Array
}

/** Inboxes and their deliveries. A change is on disk when its promise resolves. */
export interface InboxStore {
  add(inbox: Omit<InboxRecord, 'endedAt' | 'fetched'>): Promise<void>
  find(id: string): Promise<InboxRecord | undefined>
  /** Inboxes that take deliveries, and deliveries of all. */
  counts(): Promise<{ readonly open: number; readonly deliveries: number }>
  /** Adds a delivery unless the inbox has `most` already, or does not take any; resolves to its number. */
  deliver(
    id: string,
    sealed: Uint8Array,
    { at, most }: { readonly at: Date; readonly most: number },
  ): Promise<number | 'full' | 'closed'>
  /** What was delivered as `number`, if it is still there. */
  sealedOf(id: string, number: number): Promise<Uint8Array | undefined>
  /** The page of who asked has everything up to `number`. */
  fetch(id: string, number: number): Promise<void>
  /** At most `limit` of those above `after`, the oldest first. */
  list(
    id: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<readonly DeliveryRecord[]>
  /** It takes no more, and what was delivered is deleted; that it was there stays known. */
  end(id: string, at: Date): Promise<void>
  /** Open ones whose time is over. */
  due(now: Date): Promise<readonly string[]>
  /** Deletes what ended before `before`. */
  forget(before: Date): Promise<void>
}

const NOTHING = new Uint8Array()

/** Inboxes in the tables `inboxes` and `inboxes_deliveries`. */
export function inboxStoreIn(database: Kysely<Tables>): InboxStore {
  return {
    add: async ({ createdAt, expiresAt, id, ownerKeyHash, publisher, sealed, sendKeyHash }) => {
      await database
        .insertInto('inboxes')
        .values({
          id,
          owner_key_sha256: ownerKeyHash,
          sealed,
          created_at: createdAt.getTime(),
          expires_at: expiresAt.getTime(),
          ended_at: null,
          publisher,
          send_key_sha256: sendKeyHash,
        })
        .execute()
    },
    find: async id => {
      const row = await database.selectFrom('inboxes').selectAll().where('id', '=', id).executeTakeFirst()
      return (
        row && {
          id: row.id,
          ownerKeyHash: row.owner_key_sha256,
          sealed: row.sealed,
          publisher: row.publisher,
          sendKeyHash: row.send_key_sha256,
          createdAt: new Date(row.created_at),
          expiresAt: new Date(row.expires_at),
          endedAt: row.ended_at === null ? null : new Date(row.ended_at),
          fetched: row.fetched,
        }
      )
    },
    counts: async () => {
      const { open } = await database
        .selectFrom('inboxes')
        .select(({ fn }) => fn.countAll<number>().as('open'))
        .where('ended_at', 'is', null)
        .executeTakeFirstOrThrow()
      const { deliveries } = await database
        .selectFrom('inboxes_deliveries')
        .select(({ fn }) => fn.countAll<number>().as('deliveries'))
        .executeTakeFirstOrThrow()
      return { open: Number(open), deliveries: Number(deliveries) }
    },
    deliver: (id, sealed, { at, most }) =>
      database.transaction().execute(async transaction => {
        const inbox = await transaction
          .selectFrom('inboxes')
          .select('id')
          .where('id', '=', id)
          .where('ended_at', 'is', null)
          .where('expires_at', '>', at.getTime())
          // One after the other: none is counted twice, and none gets a number below one that was read already.
          .$if(isPostgres(database), query => query.forUpdate())
          .executeTakeFirst()
        if (inbox === undefined) return 'closed'
        const { count } = await transaction
          .selectFrom('inboxes_deliveries')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('inbox_id', '=', id)
          .executeTakeFirstOrThrow()
        if (Number(count) >= most) return 'full'
        const added = await transaction
          .insertInto('inboxes_deliveries')
          .values({ inbox_id: id, at: at.getTime(), sealed })
          .returning('id')
          .executeTakeFirstOrThrow()
        return added.id
      }),
    sealedOf: async (id, number) => {
      const row = await database
        .selectFrom('inboxes_deliveries')
        .select('sealed')
        .where('inbox_id', '=', id)
        .where('id', '=', number)
        .executeTakeFirst()
      return row?.sealed
    },
    fetch: async (id, number) => {
      await database
        .updateTable('inboxes')
        .set({ fetched: number })
        .where('id', '=', id)
        .where('fetched', '<', number)
        .execute()
    },
    list: async (id, { after, limit }) => {
      const rows = await database
        .selectFrom('inboxes_deliveries')
        .select(['id', 'at', 'sealed'])
        .where('inbox_id', '=', id)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(row => ({ number: row.id, at: new Date(row.at), sealed: row.sealed }))
    },
    end: (id, at) =>
      database.transaction().execute(async transaction => {
        // First, so that nothing is delivered meanwhile.
        await transaction
          .updateTable('inboxes')
          .set({ ended_at: at.getTime(), sealed: NOTHING })
          .where('id', '=', id)
          .where('ended_at', 'is', null)
          .execute()
        await transaction.deleteFrom('inboxes_deliveries').where('inbox_id', '=', id).execute()
      }),
    due: async now => {
      const rows = await database
        .selectFrom('inboxes')
        .select('id')
        .where('ended_at', 'is', null)
        .where('expires_at', '<=', now.getTime())
        .execute()
      return rows.map(({ id }) => id)
    },
    forget: async before => {
      await database.deleteFrom('inboxes').where('ended_at', '<', before.getTime()).execute()
    },
  }
}
