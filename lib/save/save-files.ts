import { AppError, toAppError } from '../base/errors.ts'
import { getSession } from '../browser/session/session.ts'
import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { saveName } from '../torrent/paths.ts'
import { writeZip, zipLength } from '../zip/zip.ts'
import { type SaveWatch, saveBlob, saveInto, saveStream } from './save.ts'

/** Hand a complete file to the browser's own downloads, under its own name. Errors: `storage_failed`. */
export async function saveFile(infoHash: InfoHash, index: number): Promise<void> {
  const file = (await requireMetainfo(infoHash)).files[index]
  saveBlob(await getSession().file(infoHash, index), saveName(file?.path.at(-1) ?? ''))
  getSession().markSaved(infoHash)
}

/**
 * The same from a page in a frame: Firefox holds a frame's blobs to the `frame-src` of the page around, and would drop them
 * without a word. Errors: `storage_failed`, `cancelled`.
 */
export async function saveFramedFile(infoHash: InfoHash, index: number, watch: SaveWatch): Promise<void> {
  const file = (await requireMetainfo(infoHash)).files[index]
  const blob = await getSession().file(infoHash, index)
  await saveStream(blob.stream(), saveName(file?.path.at(-1) ?? ''), blob.size, watch)
  getSession().markSaved(infoHash)
}

/** A zip that is made while it is read, and its exact length in bytes. */
interface ZipStream {
  readonly name: string
  readonly length: number
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
}

/**
 * The files at `indexes` as one zip named after the share; paths inside are the share's own. `open` gives the bytes
 * of a file when its turn comes.
 */
export function zipOf(
  { name, files }: Metainfo,
  indexes: readonly number[],
  open: (index: number) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
): ZipStream {
  const entries = indexes.flatMap(index => {
    const file = files[index]
    if (!file || file.padding) return []
    return { name: [name, ...file.path].join('/'), size: file.length, open: () => open(index) }
  })
  return {
    name: saveName(`${name}.zip`),
    length: zipLength(entries),
    stream: writeZip(entries, new Date()),
  }
}

/**
 * Hand the files at `indexes` (all complete) to the browser's downloads as one zip, made while it is written.
 * Errors: `storage_failed`, `cancelled`.
 */
export async function saveZip(
  infoHash: InfoHash,
  indexes: readonly number[],
  watch: SaveWatch,
): Promise<void> {
  const session = getSession()
  const open = async (index: number) => (await session.file(infoHash, index)).stream()
  const zip = zipOf(await requireMetainfo(infoHash), indexes, open)
  await saveStream(zip.stream, zip.name, zip.length, watch)
  session.markSaved(infoHash)
}

/** True where the browser can write into a folder the person picks. */
export const canSaveToFolder = (): boolean => 'showDirectoryPicker' in globalThis

/**
 * Write the files at `indexes` (all complete) below a new folder, named after the share, in `parent`. Nothing that
 * stands there is overwritten; after an error or cancel the new folder is gone again. Resolves to the folder's name.
 * Errors: `storage_failed`, `cancelled`.
 */
export async function saveToFolder(
  infoHash: InfoHash,
  indexes: readonly number[],
  parent: FileSystemDirectoryHandle,
  { signal, onProgress }: SaveWatch,
): Promise<string> {
  const { name, files } = await requireMetainfo(infoHash)
  const session = getSession()
  const root = await addEntry(parent, name, 'directory')
  const folders = new Map([['', root]])
  let before = 0
  try {
    for (const index of indexes) {
      const file = files[index]
      if (!file || file.padding) continue
      const folder = await folderFor(folders, file.path.slice(0, -1))
      const target = await addEntry(folder, file.path.at(-1) ?? '', 'file')
      const blob = await session.file(infoHash, index)
      const sofar = before
      await saveInto(target, blob.stream(), { signal, onProgress: bytes => onProgress(sofar + bytes) })
      before += file.length
    }
  } catch (reason) {
    await parent.removeEntry(root.name, { recursive: true }).catch(() => undefined)
    throw reason instanceof DOMException
      ? new AppError('storage_failed', '', { cause: reason })
      : toAppError(reason)
  }
  session.markSaved(infoHash)
  return root.name
}

async function folderFor(
  folders: Map<string, FileSystemDirectoryHandle>,
  path: readonly string[],
): Promise<FileSystemDirectoryHandle> {
  const key = path.join('/')
  const known = folders.get(key)
  if (known) return known
  const parent = await folderFor(folders, path.slice(0, -1))
  const folder = await addEntry(parent, path.at(-1) ?? '', 'directory')
  folders.set(key, folder)
  return folder
}

/**
 * A new entry of `folder`, called `wanted` or as much like it as the system allows: taken names (on many systems `a`
 * and `A` are one) and those it refuses (`con`, `x.lnk`, a dot at the end) get an underscore.
 */
async function addEntry<Kind extends FileSystemHandleKind>(
  folder: FileSystemDirectoryHandle,
  wanted: string,
  kind: Kind,
): Promise<EntryOf<Kind>> {
  let name = saveName(wanted)
  for (;;) {
    const state = await entryState(folder, name)
    if (state === 'free') break
    name = state === 'taken' ? `${name}_` : `${name.replace(/[<>:"|?*]/g, '_')}_`
  }
  const entry =
    kind === 'directory'
      ? await folder.getDirectoryHandle(name, { create: true })
      : await folder.getFileHandle(name, { create: true })
  return entry as EntryOf<Kind>
}

type EntryOf<Kind> = Kind extends 'directory' ? FileSystemDirectoryHandle : FileSystemFileHandle

async function entryState(
  folder: FileSystemDirectoryHandle,
  name: string,
): Promise<'free' | 'taken' | 'refused'> {
  try {
    await folder.getFileHandle(name)
    return 'taken'
  } catch (reason) {
    if (reason instanceof TypeError) return 'refused'
    if (reason instanceof DOMException && reason.name === 'NotFoundError') return 'free'
    if (reason instanceof DOMException && reason.name === 'TypeMismatchError') return 'taken'
    throw reason
  }
}

/** Of a download of this browser, whichever tab runs it. */
async function requireMetainfo(infoHash: InfoHash): Promise<Metainfo> {
  const metainfo = await getSession().metainfo(infoHash)
  if (!metainfo) throw new AppError('storage_failed', 'this browser did not download that')
  return metainfo
}
