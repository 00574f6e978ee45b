import { del, set, update, values } from 'idb-keyval'
import { lazyStore } from '../../base/lazy-store.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** What somebody sent, as this browser remembers it. Texts are those of a stranger. */
export interface SavedDelivery {
  /** Grows with each delivery. */
  readonly number: number
  /** ISO 8601, UTC. */
  readonly at: string
  readonly name: string
  readonly title: string
  readonly infoHash: InfoHash
  readonly key: string
  /** Number and bytes of the files, as the sender says until it is a download. */
  readonly files: number
  readonly length: number
  /** The person wants it, whatever its size. */
  readonly accepted: boolean
  /** It became a download of this browser, which has a record of its own. */
  readonly started: boolean
}

/** A link with which this browser asks for files, and what came. */
export interface SavedInbox {
  readonly id: string
  readonly ownerKey: string
  /** What is behind the `#` of the link. */
  readonly fragment: string
  readonly title: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly expiresAt: string
  readonly deliveries: readonly SavedDelivery[]
  /** Number of the last delivery that was fetched. */
  readonly seen: number
  /** Deliveries that say nothing that can be read. */
  readonly unreadable: number
  /** It was stopped, or its time is over: what came stays listed. */
  readonly ended: boolean
}

const database = lazyStore('tabseed-inboxes', 'inboxes')

/** Rejects where the browser has no storage (some private windows). */
export const saveInbox = (inbox: SavedInbox): Promise<void> => set(inbox.id, inbox, database)

/** Changes the record as it is now: another tab may have changed it. One that is gone is not made again. */
export const changeInbox = (id: string, change: (inbox: SavedInbox) => SavedInbox): Promise<void> =>
  update<SavedInbox | undefined>(id, inbox => inbox && change(inbox), database)

export const forgetInbox = (id: string): Promise<void> => del(id, database)

/** Newest first. */
export async function listInboxes(): Promise<SavedInbox[]> {
  const inboxes = (await values<SavedInbox | undefined>(database)).filter(inbox => inbox !== undefined)
  return inboxes.sort((a, b) => b.createdAt.localeCompare(a.createdAt))
}
