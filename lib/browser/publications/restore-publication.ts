import { AppError, toAppError } from '../../base/errors.ts'
import { requireCapabilities } from '../../network/network.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BrowserTab } from '../browser-tab.ts'
import type { PickedFile } from '../picked-file.ts'
import {
  changeSavedRecord,
  deleteRecord,
  getSavedRecord,
  type SavedPublication,
  savedFiles,
  saveRecord,
} from '../records/saved-records.ts'
import { metainfoOf } from '../sealed/seals.ts'
import { isLent, lentHandles, openLentFiles } from './lent-files.ts'
import { type FileMatch, matchFiles } from './match-files.ts'
import type { Restoring } from './restorations.ts'
import { runPublication } from './run-publication.ts'
import { verifySources } from './verify-sources.ts'

type Outcome = Exclude<Restoring['state'], 'checking'>

/** Files to seed from, one for each of the metainfo (null: not found), or why there are none. */
type Found = readonly (FileMatch | null)[] | Exclude<Restoring, { readonly state: 'checking' }>

const READ = { mode: 'read' } as const
const NEEDS_FILES = { state: 'needs-files', missing: [] } as const

/**
 * Seed a publication again after a reload, without a click, from the files the browser still lends us. Only a few
 * pieces are hashed again, and the files whose modification time changed. `tab.restorations` says how far it is.
 * Errors: `cancelled` (stopped, or another attempt began), `insecure_context`, `webrtc_missing`, `server_unreachable`.
 */
export const restorePublication = (tab: BrowserTab, record: SavedPublication): Promise<Outcome> =>
  attempt(tab, record, async metainfo => {
    const handles = lentHandles(record)
    if (!handles) return NEEDS_FILES
    const states = await Promise.all(handles.map(handle => handle.queryPermission?.(READ) ?? 'denied'))
    if (states.includes('denied')) return NEEDS_FILES
    if (states.includes('prompt')) return { state: 'needs-permission' }
    return openLentFiles(metainfo, record)
  })

/** The same from a click, in which the browser may ask the person whether we may read the files again. */
export const restoreWithPermission = (tab: BrowserTab, record: SavedPublication): Promise<Outcome> =>
  attempt(tab, record, async metainfo => {
    await unpause(record.infoHash)
    const handles = lentHandles(record)
    if (!handles) return NEEDS_FILES
    // One after the other: permission for a folder covers its files, and the browser asks one question at a time.
    for (const handle of handles) {
      if ((await handle.queryPermission?.(READ)) === 'granted') continue
      if ((await handle.requestPermission?.(READ)) !== 'granted') return { state: 'needs-permission' }
    }
    return openLentFiles(metainfo, record)
  })

/** The same with files the person chose again, with or without their folder. */
export async function restoreWithFiles(
  tab: BrowserTab,
  record: SavedPublication,
  picked: readonly PickedFile[],
): Promise<Outcome> {
  const isRecorded = await unpause(record.infoHash)
  return attempt(tab, record, async metainfo => matchFiles(metainfo, record.sources, picked), { isRecorded })
}

/** The person wants it shared, even if it was paused. False when this browser has no record of it. */
async function unpause(infoHash: InfoHash): Promise<boolean> {
  const record = await getSavedRecord(infoHash).catch(() => undefined)
  return record?.role === 'publisher' && changeSavedRecord(infoHash, { paused: false }).catch(() => false)
}

/** End the attempt to restore a publication, and delete its record: a reload does not start it again. Never rejects. */
export async function forgetPublication({ restorations }: BrowserTab, infoHash: InfoHash): Promise<void> {
  restorations.abort(infoHash)
  await deleteRecord(infoHash).catch(() => undefined)
  restorations.set(infoHash, undefined)
}

/** `isRecorded`: this browser has a record of it, so without one the person has stopped it since. */
async function attempt(
  tab: BrowserTab,
  record: SavedPublication,
  find: (metainfo: Metainfo) => Promise<Found>,
  { isRecorded = true } = {},
): Promise<Outcome> {
  const { infoHash } = record
  const { restorations } = tab
  requireCapabilities()
  const signal = restorations.begin(infoHash)
  const report = (restoring: Restoring): void => {
    if (signal.aborted) throw new AppError('cancelled')
    restorations.set(infoHash, restoring)
  }
  try {
    report({ state: 'checking', bytesDone: 0, bytesTotal: 0 })
    const metainfo = await metainfoOf(record)
    const found = await find(metainfo)
    const end =
      'state' in found ? found : await seed(tab, { record, isRecorded, metainfo, signal, report }, found)
    report(end)
    return end.state
  } catch (reason) {
    // The files were not the problem: the person can try again.
    if (!signal.aborted) {
      const isStopped = toAppError(reason).code === 'cancelled'
      const next = isLent(record) ? ({ state: 'needs-permission' } as const) : NEEDS_FILES
      restorations.set(infoHash, isStopped ? undefined : next)
    }
    throw reason
  } finally {
    restorations.settle(infoHash, signal)
  }
}

interface Attempt {
  readonly record: SavedPublication
  readonly isRecorded: boolean
  readonly metainfo: Metainfo
  readonly signal: AbortSignal
  readonly report: (restoring: Restoring) => void
}

/** Seed from the files if they are still what was published. */
async function seed(
  tab: BrowserTab,
  { record, isRecorded, metainfo, signal, report }: Attempt,
  matches: readonly (FileMatch | null)[],
): Promise<Exclude<Restoring, { readonly state: 'checking' }>> {
  const nameOf = (index: number) => metainfo.files[index]?.path.join('/') ?? ''
  const missing = [...matches.keys()].filter(index => !matches[index])
  if (missing.length > 0) {
    // When nothing matches, naming every file does not help.
    return { state: 'needs-files', missing: missing.length < matches.length ? missing.map(nameOf) : [] }
  }
  const picked = matches.flatMap(match => match?.picked ?? [])
  const doubtful = new Set([...matches.keys()].filter(index => !matches[index]?.sure))
  const files = picked.map(({ file }) => file)
  const { changed, piecesChecked } = await verifySources(metainfo, files, {
    doubtful,
    signal,
    onProgress: (bytesDone, bytesTotal) => report({ state: 'checking', bytesDone, bytesTotal }),
  })
  if (changed.length > 0) {
    const top = metainfo.singleFile ? [] : [metainfo.name]
    const named = picked.map((file, index) => ({
      ...file,
      path: [...top, ...(metainfo.files[index]?.path ?? [])],
    }))
    return { state: 'changed', changed: changed.map(nameOf), files: named }
  }
  const network = await tab.network.forPublication()
  await runPublication(tab, { metainfo, files, network, record, isRecorded, signal })
  const saved = savedFiles(picked)
  // Files chosen again without a folder may still be in one from before.
  const found = saved.folders.length > 0 ? saved : { ...saved, folders: record.folders }
  if (!isRecorded) await saveRecord({ ...record, ...found }).catch(() => undefined)
  else if (!(await changeSavedRecord(record.infoHash, found).catch(() => true))) {
    // Stopped in another tab while this one began.
    await tab.session.leave(record.infoHash)
    throw new AppError('cancelled')
  }
  return { state: 'seeding', piecesChecked }
}
