import { canStore } from '../../storage/opfs/folder.ts'
import { listStored, storedBytes } from '../../storage/opfs/stored-shares.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { type KeptShare, listKeptShares } from '../records/saved-records.ts'

/** Something this browser keeps. Amounts in bytes. */
export interface LibraryEntry {
  readonly kind: 'unfinished' | 'finished' | 'published' | 'leftover'
  readonly infoHash: InfoHash
  readonly title: string
  readonly length: number
  readonly downloaded: number
  /** File indexes of a download. */
  readonly selected: readonly number[]
  /** What it takes of this computer's disk, in our own storage. */
  readonly stored: number
  /** While no tab runs it. */
  readonly state: 'paused' | 'done' | 'waiting'
}

/** Everything this browser keeps, newest first; bytes on disk that no record knows come last. */
export async function listLibrary(): Promise<LibraryEntry[]> {
  const [kept, stored] = await Promise.all([listKeptShares(), canStore() ? listStored() : []])
  const onDisk = new Set(stored)
  const entries = kept.map(async share => {
    if (!onDisk.has(share.infoHash)) return entryOf(share, 0)
    // The files of a download have gaps as long as it is not complete: their sizes say too much.
    return entryOf(share, share.role === 'reader' ? share.held : await storedBytes(share.infoHash))
  })
  const known = new Set(kept.map(({ infoHash }) => infoHash))
  const leftovers = stored.filter(infoHash => !known.has(infoHash)).map(leftoverOf)
  return Promise.all([...entries, ...leftovers])
}

const leftoverOf = async (infoHash: InfoHash): Promise<LibraryEntry> => ({
  ...NOTHING,
  kind: 'leftover',
  infoHash,
  title: infoHash,
  stored: await storedBytes(infoHash),
  state: 'paused',
})

const NOTHING = { length: 0, downloaded: 0, selected: [] } as const

function entryOf(share: KeptShare, stored: number): LibraryEntry {
  const { infoHash, paused, title } = share
  const common = { infoHash, title, stored, state: paused ? 'paused' : 'waiting' } as const
  if (share.role === 'publisher') {
    const length = share.sources.reduce((sum, { size }) => sum + size, 0)
    return { ...common, ...NOTHING, kind: 'published', length }
  }
  const { downloaded, length, selected } = share
  const finished = selected.length > 0 && downloaded >= length
  return {
    ...common,
    kind: finished ? 'finished' : 'unfinished',
    length,
    downloaded,
    selected,
    ...(finished && { state: 'done' }),
  }
}
