import { listStored, storedBytes } from '../../storage/opfs/stored-shares.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { BrowserTab } from '../browser-tab.ts'
import { listSavedRecords, type SavedRecord } from '../records/saved-records.ts'

/** A share that this browser stores something of. Amounts in bytes. */
export interface LibraryEntry {
  readonly kind: 'unfinished' | 'finished' | 'published' | 'leftover'
  readonly infoHash: InfoHash
  readonly title: string
  readonly length: number
  readonly downloaded: number
  /** File indexes of a download. */
  readonly selected: readonly number[]
  /** Bytes in our own storage on this computer's disk. */
  readonly stored: number
  /** Applies while no tab runs it. */
  readonly state: 'paused' | 'done' | 'waiting'
}

/** Every share with a saved record, newest first; then bytes on disk without a record. */
export async function listLibrary(tab: BrowserTab): Promise<LibraryEntry[]> {
  const hasDisk = await tab.findDisk()
  const [records, stored] = await Promise.all([listSavedRecords(), hasDisk ? listStored() : []])
  const onDisk = new Set(stored)
  const entries = records.map(async share => {
    if (!onDisk.has(share.infoHash)) return entryOf(share, 0)
    // Until a download is complete its files have gaps: their sizes are too large.
    return entryOf(share, share.role === 'reader' ? share.held : await storedBytes(share.infoHash))
  })
  const known = new Set(records.map(({ infoHash }) => infoHash))
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

function entryOf(share: SavedRecord, stored: number): LibraryEntry {
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
