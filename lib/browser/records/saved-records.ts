import { del, get, set, update, values } from 'idb-keyval'
import { lazyStore } from '../../base/lazy-store.ts'
import type { ShareSeal } from '../../encryption/opened-share.ts'
import type { RateLimits } from '../../engine/view/snapshot.ts'
import type { SwarmNetwork } from '../../network/swarm-network.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { PickedFile } from '../picked-file.ts'

/** What opens an encrypted share, and its key as it stands in the link. */
export interface SavedSeal extends ShareSeal {
  readonly fragment: string
}

/** Saved record of a share that this browser takes part in: with it, the share goes on after a reload or a crash. */
interface SavedShare {
  readonly infoHash: InfoHash
  readonly title: string
  /** The `.torrent` (BEP 3) without trackers; `parseMetainfo` reads it. */
  readonly torrent: Uint8Array<ArrayBuffer>
  /** ISO 8601, UTC. */
  readonly addedAt: string
  /** Of an encrypted share. */
  readonly seal?: SavedSeal | undefined
  /** The person paused it: a reload does not start it. */
  readonly paused: boolean
  readonly limits: RateLimits
}

/** A published share whose bytes stay in the person's own files. */
export interface SavedPublication extends SavedShare {
  readonly role: 'publisher'
  /** One entry for each file of the metainfo, in its order. */
  readonly sources: readonly SavedSource[]
  /** Folders the files were chosen with (Chromium): the browser asks for permission once a folder, not once a file. */
  readonly folders: readonly FileSystemDirectoryHandle[]
}

/** Properties of a file when it was hashed: while they are the same it need not be hashed again. */
export interface SavedSource {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970, as `File.lastModified`. */
  readonly lastModified: number
  /** Null in a lent folder, and where the browser does not lend files for longer than a page (all but Chromium). */
  readonly handle: FileSystemFileHandle | null
  /** Its place in one of `folders`: reading thousands of handles from a record would block the page for seconds. */
  readonly inFolder?: { readonly folder: number; readonly path: readonly string[] }
}

/** What the record of a publication says of its files. */
export function savedFiles(picked: readonly PickedFile[]): Pick<SavedPublication, 'sources' | 'folders'> {
  const folders = [...new Set(picked.flatMap(({ folder }) => folder ?? []))]
  const numbers = new Map(folders.map((folder, number) => [folder, number]))
  const sources = picked.map(({ file, folder, handle, pathInFolder }) => {
    const { lastModified, name, size } = file
    const number = folder && numbers.get(folder)
    return number !== undefined && pathInFolder
      ? { name, size, lastModified, handle: null, inFolder: { folder: number, path: pathInFolder } }
      : { name, size, lastModified, handle: handle ?? null }
  })
  return { sources, folders }
}

/** Settings of a download that differ from the engine's defaults. */
export interface DownloadTerms extends Pick<SwarmNetwork, 'uploads' | 'webSeedUse'> {
  /** True: no library shows it, so `deleteTemporary` deletes it once it was saved. */
  readonly temporary?: boolean
}

/** A download; the disk store has its bytes and knows which pieces are here. */
export interface SavedDownload extends SavedShare, DownloadTerms {
  readonly role: 'reader'
  /** File indexes, metainfo order; none while it is only played from. */
  readonly selected: readonly number[]
  /** Bytes of the selected files, and how many of them were here when the record was last updated. */
  readonly length: number
  readonly downloaded: number
  /** Bytes of all files, selected or not, that were here then. */
  readonly held: number
  readonly saved: boolean
}

export type SavedRecord = SavedPublication | SavedDownload

const database = lazyStore('tabseed-kept-shares', 'shares')

/** Rejects where the browser has no storage (some private windows). */
export const saveRecord = async (share: SavedRecord): Promise<void> => set(share.infoHash, share, database)

type Fixed = 'role' | 'infoHash' | 'torrent'

/** Change some fields of a record. False when there is none (any more): it is not created again. */
export async function changeSavedRecord(
  infoHash: InfoHash,
  change: Partial<Omit<SavedDownload, Fixed> & Omit<SavedPublication, Fixed>>,
): Promise<boolean> {
  let found = false
  await update<SavedRecord | undefined>(
    infoHash,
    record => {
      found = record !== undefined
      // idb-keyval stores undefined when there was no record; `listSavedRecords` leaves that out.
      return record && ({ ...record, ...change } as SavedRecord)
    },
    database,
  )
  return found
}

export const deleteRecord = async (infoHash: InfoHash): Promise<void> => del(infoHash, database)

/** Rejects where the browser has no storage. */
export const getSavedRecord = async (infoHash: InfoHash): Promise<SavedRecord | undefined> =>
  get<SavedRecord>(infoHash, database)

/** Newest first. */
export async function listSavedRecords(): Promise<SavedRecord[]> {
  const shares = (await values<SavedRecord | undefined>(database)).filter(share => share !== undefined)
  return shares.sort((a, b) => b.addedAt.localeCompare(a.addedAt))
}
