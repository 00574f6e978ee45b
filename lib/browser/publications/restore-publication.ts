import { AppError, toAppError } from '../../base/errors.ts'
import { publishNetwork, requireCapabilities } from '../../network/network.ts'
import type { PickedFile } from '../../publish/plan.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { type Metainfo, parseMetainfo } from '../../torrent/metainfo.ts'
import {
  changeKeptShare,
  forgetKeptShare,
  getKeptShare,
  type KeptPublication,
  keepShare,
  keptSource,
} from '../records/saved-records.ts'
import { getSession } from '../session/session.ts'
import { type FileMatch, matchFiles } from './match-files.ts'
import { type Restoring, setRestoring } from './restorations.ts'
import { leadPublication } from './run-publication.ts'
import { verifySources } from './verify-sources.ts'

type Outcome = Exclude<Restoring['state'], 'checking'>

/** Files to seed from, one for each of the metainfo (null: not found), or why there are none. */
type Found = readonly (FileMatch | null)[] | Exclude<Restoring, { readonly state: 'checking' }>

const READ = { mode: 'read' } as const
const NEEDS_FILES = { state: 'needs-files', missing: [] } as const

/** Attempts under way: a new one, or stopping the share, ends the old one. */
const attempts = new Map<InfoHash, AbortController>()

/**
 * Seed a publication again after a reload, without a click, from the files the browser still lends us. Nothing is
 * hashed again but a few pieces, and the files whose modification time changed. How it goes stands in `getRestoring`.
 * Errors: `cancelled` (stopped, or tried again meanwhile), `insecure_context`, `webrtc_missing`, `server_unreachable`.
 */
export const restorePublication = (kept: KeptPublication): Promise<Outcome> =>
  attempt(kept, async metainfo => {
    const handles = lentHandles(kept)
    if (!handles) return NEEDS_FILES
    const states = await Promise.all(handles.map(handle => handle.queryPermission?.(READ) ?? 'denied'))
    if (states.includes('denied')) return NEEDS_FILES
    if (states.includes('prompt')) return { state: 'needs-permission' }
    return openHandles(metainfo, kept, handles)
  })

/** The same from a click, in which the browser may ask the person whether we may read the files again. */
export const restoreWithPermission = (kept: KeptPublication): Promise<Outcome> =>
  attempt(kept, async metainfo => {
    await goOn(kept.infoHash)
    const handles = lentHandles(kept)
    if (!handles) return NEEDS_FILES
    // One after the other: with its folder a file is granted too, and the browser asks one question at a time.
    for (const handle of [...kept.folders, ...handles]) {
      if ((await handle.queryPermission?.(READ)) === 'granted') continue
      if ((await handle.requestPermission?.(READ)) !== 'granted') return { state: 'needs-permission' }
    }
    return openHandles(metainfo, kept, handles)
  })

/** The same with files the person chose again, with or without their folder. */
export async function restoreWithFiles(
  kept: KeptPublication,
  picked: readonly PickedFile[],
): Promise<Outcome> {
  const recorded = await goOn(kept.infoHash)
  return attempt(kept, async metainfo => matchFiles(metainfo, kept.sources, picked), recorded)
}

/** The person wants it shared, even if it was paused. False when this browser has no record of the publication. */
async function goOn(infoHash: InfoHash): Promise<boolean> {
  const kept = await getKeptShare(infoHash).catch(() => undefined)
  return kept?.role === 'publisher' && changeKeptShare(infoHash, { paused: false }).catch(() => false)
}

/** Ends every attempt to bring a publication back; it is not tried again after a reload. Never rejects. */
export async function forgetPublication(infoHash: InfoHash): Promise<void> {
  attempts.get(infoHash)?.abort()
  attempts.delete(infoHash)
  await forgetKeptShare(infoHash).catch(() => undefined)
  setRestoring(infoHash, undefined)
}

/** `recorded`: this browser has a record of it, so without one the person has stopped it since. */
async function attempt(
  kept: KeptPublication,
  find: (metainfo: Metainfo) => Promise<Found>,
  recorded = true,
): Promise<Outcome> {
  const { infoHash } = kept
  requireCapabilities()
  attempts.get(infoHash)?.abort()
  const controller = new AbortController()
  attempts.set(infoHash, controller)
  const tell = (restoring: Restoring): void => {
    if (controller.signal.aborted) throw new AppError('cancelled')
    setRestoring(infoHash, restoring)
  }
  try {
    tell({ state: 'checking', bytesDone: 0, bytesTotal: 0 })
    const metainfo = await parseMetainfo(kept.torrent)
    const found = await find(metainfo)
    const end =
      'state' in found
        ? found
        : await seed({ kept, recorded, metainfo, signal: controller.signal, tell }, found)
    tell(end)
    return end.state
  } catch (reason) {
    // What failed was not about the files: the person can try again.
    if (!controller.signal.aborted) {
      const stopped = toAppError(reason).code === 'cancelled'
      const next = lentHandles(kept) ? ({ state: 'needs-permission' } as const) : NEEDS_FILES
      setRestoring(infoHash, stopped ? undefined : next)
    }
    throw reason
  } finally {
    if (attempts.get(infoHash) === controller) attempts.delete(infoHash)
  }
}

interface Attempt {
  readonly kept: KeptPublication
  readonly recorded: boolean
  readonly metainfo: Metainfo
  readonly signal: AbortSignal
  readonly tell: (restoring: Restoring) => void
}

/** Seeds from the files if they are still what was published. */
async function seed(
  { kept, recorded, metainfo, signal, tell }: Attempt,
  matches: readonly (FileMatch | null)[],
): Promise<Exclude<Restoring, { readonly state: 'checking' }>> {
  const nameOf = (index: number) => metainfo.files[index]?.path.join('/') ?? ''
  const missing = [...matches.keys()].filter(index => !matches[index])
  if (missing.length > 0) {
    // Nothing fits at all: no use in naming every file.
    return { state: 'needs-files', missing: missing.length < matches.length ? missing.map(nameOf) : [] }
  }
  const picked = matches.flatMap(match => match?.picked ?? [])
  const doubtful = new Set([...matches.keys()].filter(index => !matches[index]?.sure))
  const files = picked.map(({ file }) => file)
  const { changed, piecesChecked } = await verifySources(metainfo, files, {
    doubtful,
    signal,
    onProgress: (bytesDone, bytesTotal) => tell({ state: 'checking', bytesDone, bytesTotal }),
  })
  if (changed.length > 0) {
    const top = metainfo.singleFile ? [] : [metainfo.name]
    const named = picked.map((file, index) => ({
      ...file,
      path: [...top, ...(metainfo.files[index]?.path ?? [])],
    }))
    return { state: 'changed', changed: changed.map(nameOf), files: named }
  }
  const network = await publishNetwork()
  await leadPublication({ metainfo, files, network, kept, recorded, signal })
  const found = { sources: picked.map(keptSource), folders: foldersOf(kept, picked) }
  if (!recorded) await keepShare({ ...kept, ...found }).catch(() => undefined)
  else if (!(await changeKeptShare(kept.infoHash, found).catch(() => true))) {
    // Stopped in another tab while this one began.
    await getSession().leave(kept.infoHash)
    throw new AppError('cancelled')
  }
  return { state: 'seeding', piecesChecked }
}

/** The folders the files came with now, or before. */
function foldersOf({ folders }: KeptPublication, picked: readonly PickedFile[]) {
  const now = new Set(picked.flatMap(({ folder }) => folder ?? []))
  return now.size > 0 ? [...now] : folders
}

/** Every source's handle, or null when the browser does not lend us all of them. */
function lentHandles({ sources }: KeptPublication): FileSystemFileHandle[] | null {
  const handles = sources.flatMap(({ handle }) => handle ?? [])
  return handles.length === sources.length ? handles : null
}

/** What is behind the handles now; null for a file that was renamed, moved or deleted. */
function openHandles(
  { files }: Metainfo,
  { sources }: KeptPublication,
  handles: readonly FileSystemFileHandle[],
): Promise<(FileMatch | null)[]> {
  return Promise.all(
    handles.map(async (handle, index) => {
      const file = await handle.getFile().catch(() => null)
      const source = sources[index]
      if (!file || !source) return null
      const sure = file.size === source.size && file.lastModified === source.lastModified
      return { picked: { path: files[index]?.path ?? [], file, handle }, sure }
    }),
  )
}
