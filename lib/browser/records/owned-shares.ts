import { del, get, set, update } from 'idb-keyval'
import { lazyStore } from '../../base/lazy-store.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** The inbox that a share was sent to, and what is known of it there. */
export interface SentTo {
  readonly inbox: string
  /** What is behind the `#` of its link. */
  readonly fragment: string
  /** What was asked for, in the words of a stranger; may be empty. */
  readonly title: string
  /** ISO 8601, UTC. */
  readonly at: string
  readonly receipt: string
  /** The page of who asked has been told of it. */
  readonly fetched: boolean
}

/** Owner key of a share that this browser published: whoever has it can change and delete the share. */
export interface OwnedShare {
  readonly infoHash: InfoHash
  readonly title: string
  readonly ownerKey: string
  /** ISO 8601, UTC. */
  readonly publishedAt: string
  /** Given: it was sent to who asked for it. */
  readonly sentTo?: SentTo | undefined
}

const database = lazyStore('tabseed-owned-shares', 'shares')

/** Rejects where the browser has no storage (some private windows). */
export const rememberOwnedShare = (share: OwnedShare): Promise<void> => set(share.infoHash, share, database)

/** Notes where a share was sent. False where there is no record of it, which is not made. */
export async function noteSentTo(infoHash: InfoHash, sentTo: SentTo): Promise<boolean> {
  let found = false
  await update<OwnedShare | undefined>(
    infoHash,
    owned => {
      found = owned !== undefined
      return owned && { ...owned, sentTo }
    },
    database,
  ).catch(() => {
    found = false
  })
  return found
}

export const forgetOwnedShare = (infoHash: InfoHash): Promise<void> => del(infoHash, database)

export const getOwnedShare = (infoHash: InfoHash): Promise<OwnedShare | undefined> =>
  get<OwnedShare>(infoHash, database)
