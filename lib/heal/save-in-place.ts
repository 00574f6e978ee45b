import { AppError, toAppError } from '../base/errors.ts'
import { checkPieces } from '../hashing/check-pieces.ts'
import type { PickedFile } from '../publish/plan.ts'
import { type SaveWatch, saveStream } from '../save/save.ts'
import { zipOf } from '../save/save-files.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { saveName } from '../torrent/paths.ts'
import { type ContentRange, hasPiece, piecesOf } from '../torrent/piece-map.ts'
import { segmentsOf } from '../torrent/segments.ts'
import { badPiecesOf } from './check-copy.ts'
import type { HealStore } from './heal-store.ts'
import { contentOf, type LocalCopy } from './local-copy.ts'
import type { RepairPlan } from './repair.ts'

/** The selected files that are not right as they lie there, in metainfo order. */
export function filesToSave({ report, selected }: RepairPlan): number[] {
  const wanted = new Set(selected)
  return report.files.map(({ index }) => index).filter(index => wanted.has(index))
}

/**
 * Give the files at `indexes` to the browser's downloads, one as it is and several as a zip; every piece is checked
 * once more on its way. Errors: `copy_changed`, `storage_failed`, `cancelled`.
 */
export async function saveAsNew(
  { metainfo }: RepairPlan,
  store: HealStore,
  indexes: readonly number[],
  watch: SaveWatch,
): Promise<void> {
  const [only] = indexes
  const file = only === undefined ? undefined : metainfo.files[only]
  if (indexes.length === 1 && file) {
    const name = saveName(file.path.at(-1) ?? metainfo.name)
    await saveStream(streamOf(metainfo, store, file), name, file.length, watch)
    return
  }
  const open = async (index: number) => streamOf(metainfo, store, metainfo.files[index] ?? NOWHERE)
  const zip = zipOf(metainfo, indexes, open)
  await saveStream(zip.stream, zip.name, zip.length, watch)
}

const NOWHERE: ContentRange = { offset: 0, length: 0 }

function streamOf({ pieceLength }: Metainfo, store: HealStore, { offset, length }: ContentRange) {
  let at = offset
  const end = offset + length
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        if (at < end) {
          const index = Math.floor(at / pieceLength)
          const start = index * pieceLength
          const bytes = (await store.piece(index)).subarray(at - start, end - start)
          at += bytes.length
          controller.enqueue(bytes)
        }
        if (at >= end) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
}

/** Where a file is written: the person's own, or a new one in their folder. */
interface Target {
  readonly index: number
  readonly open: () => Promise<FileSystemFileHandle>
  /** The folder or file that the person must allow us to write. */
  readonly grant: FileSystemHandle
  readonly picked: PickedFile | null
}

/**
 * The places where the selected files can be repaired as they lie there; null when the browser lends us not all of
 * them, or when one of them may be something else: what we write replaces what stands there.
 */
export function inPlaceTargets(plan: RepairPlan): readonly Target[] | null {
  const { copy, metainfo, report } = plan
  if (report.goodPieces === 0) return null
  const neighbour = copy.files.find(local => local?.inPlace && local.picked.folder)
  const targets = filesToSave(plan).map(index => {
    const local = copy.files[index]
    if (!local) return newFile(metainfo, copy, neighbour?.picked.folder, index)
    const { handle, folder } = local.picked
    const sure = local.inPlace || hasGoodPiece(metainfo, report.good, index)
    if (!handle || !sure) return null
    return { index, open: async () => handle, grant: folder ?? handle, picked: local.picked }
  })
  return targets.every(target => target !== null) && targets.length > 0 ? targets : null
}

function hasGoodPiece({ files, pieceLength }: Metainfo, good: Uint8Array, index: number): boolean {
  const range = piecesOf(files[index] ?? NOWHERE, pieceLength)
  for (let piece = range?.first ?? 0; range && piece <= range.last; piece++) {
    if (hasPiece(good, piece)) return true
  }
  return false
}

/** A missing file's place, when others of the share lie in a `folder` that the browser lends. */
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

/** Ask the person, in a click, whether their files may be written. */
export async function mayWrite(targets: readonly Target[]): Promise<boolean> {
  for (const grant of new Set(targets.map(target => target.grant))) {
    const state = (await grant.requestPermission?.({ mode: 'readwrite' })) ?? 'granted'
    if (state !== 'granted') return false
  }
  return true
}

/**
 * Write the bad stretches into the person's own files, cut off what is too long, and check what was written. A file is
 * replaced only when all of it is written. Errors: `copy_changed` (nothing was written to the file that changed),
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
          const data = (await store.piece(piece)).subarray(from - start, file.offset + file.length - start)
          await writable.write({ type: 'write', position: from - file.offset, data })
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
  const content = contentOf(metainfo, { ...copy, files })
  const repaired = new Set(targets.map(({ index }) => index))
  const unrepaired = new Set(report.files.map(({ index }) => index).filter(index => !repaired.has(index)))
  const touched = [...written].sort((a, b) => a - b)
  const wrong = await checkPieces(content, metainfo, touched.filter(isWhole), { signal })
  if (wrong.length > 0) throw new AppError('storage_failed', `piece ${wrong[0]} after writing`)

  /** Pieces shared with files that were not repaired cannot be checked as a whole. */
  function isWhole(piece: number): boolean {
    const start = piece * metainfo.pieceLength
    return segmentsOf(metainfo.files, start, start + metainfo.pieceLength).every(
      ({ file }) => metainfo.files[file]?.padding || (files[file] !== null && !unrepaired.has(file)),
    )
  }
}

const sameFile = (a: File, b: File): boolean => a.size === b.size && a.lastModified === b.lastModified
