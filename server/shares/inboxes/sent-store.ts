import type { Kysely } from 'kysely'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { isPostgres } from '../postgres/dialect.ts'
import type { Tables } from '../tables.ts'

/** Which shares were published with a link to send files with, by the right of who asked. A change is on disk when its promise resolves. */
export interface SentStore {
  /**
   * Counts a share to an inbox before it is published, unless that has `most` already or takes nothing. It stays counted when it
   * ends, and counts once however often it is published: `again`.
   */
  add(
    inbox: string,
    infoHash: InfoHash,
    { at, most }: { readonly at: Date; readonly most: number },
  ): Promise<'added' | 'again' | 'full' | 'closed'>
  /** It was not published after all. */
  remove(inbox: string, infoHash: InfoHash): Promise<void>
  /** Whoever asked was told of it. */
  deliver(inbox: string, infoHash: InfoHash): Promise<void>
  /** When a share that stands was published with such a link; undefined: it was not. */
  sentAt(infoHash: InfoHash): Promise<Date | undefined>
  /** Shares that stand, were published before `before`, and of which nobody was told. */
  untold(before: Date): Promise<readonly InfoHash[]>
}

/** Shares of inboxes in the table `inboxes_shares`. */
export function sentStoreIn(database: Kysely<Tables>): SentStore {
  /** Only those that were published so: the same files may have been published otherwise since. */
  const standing = () =>
    database
      .selectFrom('inboxes_shares')
      .innerJoin('inboxes', 'inboxes.id', 'inboxes_shares.inbox_id')
      .innerJoin('shares', 'shares.info_hash', 'inboxes_shares.info_hash')
      .whereRef('shares.publisher', '=', 'inboxes.publisher')
      .whereRef('shares.created_at', '>=', 'inboxes_shares.at')
  return {
    add: (inbox, infoHash, { at, most }) =>
      database.transaction().execute(async transaction => {
        const open = await transaction
          .selectFrom('inboxes')
          .select('id')
          .where('id', '=', inbox)
          .where('ended_at', 'is', null)
          .where('expires_at', '>', at.getTime())
          // One after the other: none is counted twice.
          .$if(isPostgres(database), query => query.forUpdate())
          .executeTakeFirst()
        if (open === undefined) return 'closed'
        const counted = await transaction
          .selectFrom('inboxes_shares')
          .select('info_hash')
          .where('inbox_id', '=', inbox)
          .execute()
        const isCounted = counted.some(each => each.info_hash === infoHash)
        if (counted.length >= most && !isCounted) return 'full'
        const begun = { at: at.getTime(), delivered: 0 } as const
        await transaction
          .insertInto('inboxes_shares')
          .values({ inbox_id: inbox, info_hash: infoHash, ...begun })
          .onConflict(conflict => conflict.columns(['inbox_id', 'info_hash']).doUpdateSet(begun))
          .execute()
        return isCounted ? 'again' : 'added'
      }),
    remove: async (inbox, infoHash) => {
      await database
        .deleteFrom('inboxes_shares')
        .where('inbox_id', '=', inbox)
        .where('info_hash', '=', infoHash)
        .execute()
    },
    deliver: async (inbox, infoHash) => {
      await database
        .updateTable('inboxes_shares')
        .set({ delivered: 1 })
        .where('inbox_id', '=', inbox)
        .where('info_hash', '=', infoHash)
        .execute()
    },
    sentAt: async infoHash => {
      const found = await standing()
        .select('inboxes_shares.at')
        .where('inboxes_shares.info_hash', '=', infoHash)
        .orderBy('inboxes_shares.at', 'desc')
        .executeTakeFirst()
      return found && new Date(found.at)
    },
    untold: async before => {
      const rows = await standing()
        .select('inboxes_shares.info_hash')
        .where('inboxes_shares.delivered', '=', 0)
        .where('inboxes_shares.at', '<', before.getTime())
        .execute()
      return rows.map(({ info_hash }) => info_hash)
    },
  }
}
