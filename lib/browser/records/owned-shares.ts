import { createStore, del, get, set } from 'idb-keyval'
import type { InfoHash } from '../../torrent/ids.ts'

/** What this browser remembers of a share it published. Whoever has `ownerKey` can change and delete the share. */
export interface OwnedShare {
  readonly infoHash: InfoHash
  readonly title: string
  readonly ownerKey: string
  /** ISO 8601, UTC. */
  readonly publishedAt: string
}

// Opened on first use: the module is also evaluated where there is no IndexedDB (server rendering).
let opened: ReturnType<typeof createStore> | undefined
const database = () => {
  opened ??= createStore('tabseed-owned-shares', 'shares')
  return opened
}

/** Rejects where the browser withholds storage (some private windows). */
export const rememberOwnedShare = (share: OwnedShare): Promise<void> => set(share.infoHash, share, database())

export const forgetOwnedShare = (infoHash: InfoHash): Promise<void> => del(infoHash, database())

export const getOwnedShare = (infoHash: InfoHash): Promise<OwnedShare | undefined> =>
  get<OwnedShare>(infoHash, database())
