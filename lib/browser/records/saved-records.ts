import { createStore, del, get, set, update, values } from 'idb-keyval'
import type { SwarmNetwork } from '../../engine/engine.ts'
import type { RateLimits } from '../../engine/view/snapshot.ts'
import type { PickedFile } from '../../publish/plan.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** What this browser keeps of a share it takes part in, so that it goes on after a reload or a crash. */
interface Kept {
  readonly infoHash: InfoHash
  readonly title: string
  /** The `.torrent` (BEP 3) without trackers; `parseMetainfo` reads it. */
  readonly torrent: Uint8Array<ArrayBuffer>
  /** ISO 8601, UTC. */
  readonly addedAt: string
  /** The person paused it: a reload does not start it. */
  readonly paused: boolean
  readonly limits: RateLimits
}

/** A published share whose bytes stay in the person's own files. */
export interface KeptPublication extends Kept {
  readonly role: 'publisher'
  /** One entry for each file of the metainfo, in its order. */
  readonly sources: readonly KeptSource[]
  /** Folders the files were chosen with (Chromium): the browser asks once for a folder, not for each file in it. */
  readonly folders: readonly FileSystemDirectoryHandle[]
}

/** What a source file was when it was hashed: a file that still looks like this need not be hashed again. */
export interface KeptSource {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970, as `File.lastModified`. */
  readonly lastModified: number
  /** Where the browser lends files for longer than a page (Chromium). */
  readonly handle: FileSystemFileHandle | null
}

export const keptSource = ({ file, handle }: PickedFile): KeptSource => ({
  name: file.name,
  size: file.size,
  lastModified: file.lastModified,
  handle: handle ?? null,
})

/** Whom a download asks and whether it gives to others, where that is not what the engine does by itself. */
export interface DownloadTerms extends Pick<SwarmNetwork, 'uploads' | 'webSeedUse'> {
  /** True: no library shows it, so `deleteSaved` lets go of it when it was saved. */
  readonly temporary?: boolean
}

/** A download; its bytes, and which pieces are here, stand in the disk store. */
export interface KeptDownload extends Kept, DownloadTerms {
  readonly role: 'reader'
  /** File indexes, metainfo order; none while it is only played from. */
  readonly selected: readonly number[]
  /** Bytes of the selected files, and how many of them were here when last looked at. */
  readonly length: number
  readonly downloaded: number
  /** Bytes of all its files, selected or not, that were here then. */
  readonly held: number
  readonly saved: boolean
}

export type KeptShare = KeptPublication | KeptDownload

// Opened on first use: the module is also evaluated where there is no IndexedDB (server rendering).
let opened: ReturnType<typeof createStore> | undefined
const database = () => {
  opened ??= createStore('tabseed-kept-shares', 'shares')
  return opened
}

/** Rejects where the browser withholds storage (some private windows). */
export const keepShare = async (share: KeptShare): Promise<void> => set(share.infoHash, share, database())

type Fixed = 'role' | 'infoHash' | 'torrent'

/** Change some fields of a kept share. False when it is not kept (any more): it does not come back. */
export async function changeKeptShare(
  infoHash: InfoHash,
  change: Partial<Omit<KeptDownload, Fixed> & Omit<KeptPublication, Fixed>>,
): Promise<boolean> {
  let found = false
  await update<KeptShare | undefined>(
    infoHash,
    kept => {
      found = kept !== undefined
      // idb-keyval stores undefined for a share that was forgotten; `listKeptShares` leaves that out.
      return kept && ({ ...kept, ...change } as KeptShare)
    },
    database(),
  )
  return found
}

export const forgetKeptShare = async (infoHash: InfoHash): Promise<void> => del(infoHash, database())

/** Rejects where the browser withholds storage. */
export const getKeptShare = async (infoHash: InfoHash): Promise<KeptShare | undefined> =>
  get<KeptShare>(infoHash, database())

/** Newest first. */
export async function listKeptShares(): Promise<KeptShare[]> {
  const shares = (await values<KeptShare | undefined>(database())).filter(share => share !== undefined)
  return shares.sort((a, b) => b.addedAt.localeCompare(a.addedAt))
}
