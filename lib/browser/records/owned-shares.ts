import { del, get, set } from 'idb-keyval'
import { lazyStore } from '../../base/lazy-store.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** Owner key of a share that this browser published: whoever has it can change and delete the share. */
export interface OwnedShare {
  readonly infoHash: InfoHash
  readonly title: string
  readonly ownerKey: string
  /** ISO 8601, UTC. */
  readonly publishedAt: string
}

const database = lazyStore('tabseed-owned-shares', 'shares')

/** Rejects where the browser has no storage (some private windows). */
export const rememberOwnedShare = (share: OwnedShare): Promise<void> => set(share.infoHash, share, database)

export const forgetOwnedShare = (infoHash: InfoHash): Promise<void> => del(infoHash, database)

export const getOwnedShare = (infoHash: InfoHash): Promise<OwnedShare | undefined> =>
  get<OwnedShare>(infoHash, database)
