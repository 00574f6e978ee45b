import { AppError, toAppError } from '../base/errors.ts'
import type { PickedFile } from '../browser/picked-file.ts'
import { checkPieces } from '../hashing/check-pieces.ts'
import type { SaveWatch } from '../save/save.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { hasPiece, piecesOf } from '../torrent/piece-map.ts'
import { segmentsOf } from '../torrent/segments.ts'
import { badPiecesOf } from './check-copy.ts'
import type { HealStore } from './heal-store.ts'
import { hashedContentOf, type LocalCopy } from './local-copy.ts'
import { readRepaired } from './read-repaired.ts'
import { filesToSave, type RepairPlan } from './repair-plan.ts'

/** A file to write: the person's own, or a new one in their folder. */
export interface Target {
  readonly index: number
  readonly open: () => Promise<FileSystemFileHandle>
  /** The folder or file that the person must allow us to write. */
  readonly grant: FileSystemHandle
  readonly picked: PickedFile | null
}

/**
 * The files to write when the selected ones are repaired in place; null when the browser does not lend us all of them, or
 * when one of them may be unrelated to the share: its content would be replaced.
 */
export function inPlaceTargets(plan: RepairPlan): readonly Target[] | null {
  const { copy, metainfo, report } = plan
  if (report.goodPieces === 0) return null
  const sibling = copy.files.find(local => local?.inPlace && local.picked.folder)
  const targets = filesToSave(plan).map(index => {
    const local = copy.files[index]
    if (!local) return newFile(metainfo, copy, sibling?.picked.folder, index)
    const { handle, folder } = local.picked
    const sure = local.inPlace || hasGoodPiece(metainfo, report.good, index)
    if (!handle || !sure) return null
    return { index, open: async () => handle, grant: folder ?? handle, picked: local.picked }
  })
  return targets.every(target => target !== null) && targets.length > 0 ? targets : null
}

function hasGoodPiece({ files, pieceLength }: Metainfo, good: Uint8Array, index: number): boolean {
  const file = files[index]
  const range = file && piecesOf(file, pieceLength)
  for (let piece = range?.first ?? 0; range && piece <= range.last; piece++) {
    if (hasPiece(good, piece)) return true
  }
  return false
}

/** The target for a missing file, when others of the share are in a `folder` that the browser lends. */
function newFile(
  { files }: Metainfo,
  copy: LocalCopy,
  folder: FileSystemDirectoryHandle | undefined,
  index: number,
): Target | null {
  const path = [...(copy.base ?? []), ...(files[index]?.path ?? [])]
  const name = path.at(-1)
  if (!folder || !copy.base || path.length < 2 || path[0] !== folder.name || !name) return null
  const open = async () => {
    let parent = folder
    for (const step of path.slice(1, -1)) parent = await parent.getDirectoryHandle(step, { create: true })
    return parent.getFileHandle(name, { create: true })
  }
  return { index, open, grant: folder, picked: null }
}

/** Ask the person for permission to write their files; needs a click. */
export async function mayWrite(targets: readonly Target[]): Promise<boolean> {
  for (const grant of new Set(targets.map(target => target.grant))) {
    const state = (await grant.requestPermission?.({ mode: 'readwrite' })) ?? 'granted'
    if (state !== 'granted') return false
  }
  return true
}

/**
 * Write the bad pieces into the person's own files, truncate files that are too long, and check what was written. A file
 * is replaced only when everything is written. Errors: `copy_changed` (nothing was written to the file that changed),
 * `storage_failed`, `cancelled`.
 */
export async function saveInPlace(
  plan: RepairPlan,
  store: HealStore,
  targets: readonly Target[],
  { signal, onProgress }: SaveWatch,
): Promise<void> {
  const { copy, metainfo, report } = plan
  const files = [...copy.files]
  const written = new Set<number>()
  let bytesWritten = 0
  try {
    for (const { index, open, picked } of targets) {
      const file = metainfo.files[index]
      if (!file) continue
      const handle = await open()
      const now = await handle.getFile()
      if (picked ? !sameFile(now, picked.file) : now.size > 0) throw new AppError('copy_changed', now.name)
      const writable = await handle.createWritable({ keepExistingData: true })
      try {
        for (const piece of badPiecesOf(metainfo, report.good, index)) {
          if (signal.aborted) throw new AppError('cancelled')
          const start = piece * metainfo.pieceLength
          const from = Math.max(start, file.offset)
          const position = from - file.offset
          const end = Math.min(file.length, start + metainfo.pieceLength - file.offset)
          const data = await bytesOf(metainfo, store, index, { start: position, end })
          await writable.write({ type: 'write', position, data })
          written.add(piece)
          bytesWritten += data.length
          onProgress(bytesWritten)
        }
        await writable.truncate(file.length)
        if (signal.aborted) throw new AppError('cancelled')
        await writable.close()
      } catch (reason) {
        await writable.abort().catch(() => undefined)
        throw reason
      }
      const fresh = await handle.getFile()
      const path = picked?.path ?? file.path
      files[index] = { picked: { path, file: fresh, handle }, inPlace: true }
    }
  } catch (reason) {
    throw reason instanceof DOMException
      ? new AppError('storage_failed', '', { cause: reason })
      : toAppError(reason)
  }
  const content = hashedContentOf(metainfo, { ...copy, files })
  const repaired = new Set(targets.map(({ index }) => index))
  const unrepaired = new Set(report.files.map(({ index }) => index).filter(index => !repaired.has(index)))
  const touched = [...written].sort((a, b) => a - b)
  const wrong = await checkPieces(content, metainfo, touched.filter(isWhole), { signal })
  if (wrong.length > 0) throw new AppError('storage_failed', `piece ${wrong[0]} after writing`)

  /** A piece that is partly in files that were not repaired cannot be checked. */
  function isWhole(piece: number): boolean {
    const start = piece * metainfo.pieceLength
    return segmentsOf(metainfo.files, start, start + metainfo.pieceLength).every(
      ({ file }) => metainfo.files[file]?.padding || (files[file] !== null && !unrepaired.has(file)),
    )
  }
}

/** Bytes [start, end) of a repaired file. */
async function bytesOf(
  metainfo: Metainfo,
  store: HealStore,
  index: number,
  range: { readonly start: number; readonly end: number },
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = readRepaired(metainfo, store, index, range)
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

const sameFile = (a: File, b: File): boolean => a.size === b.size && a.lastModified === b.lastModified
