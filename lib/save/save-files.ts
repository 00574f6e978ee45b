import { AppError, toAppError } from '../base/errors.ts'
import type { BrowserTab } from '../browser/browser-tab.ts'
import type { Session } from '../browser/session/session.ts'
import type { InfoHash } from '../torrent/ids.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { saveName } from '../torrent/paths.ts'
import { type SaveWatch, saveBlob, saveInto, saveStream } from './save.ts'
import { writeZip, zipLength } from './zip/zip.ts'

/**
 * Save a complete file in the browser's downloads, under its own name: of an open share it is handed to the browser at once;
 * of an encrypted one it is decrypted while it is written, which `tab.saves` shows. Errors: `storage_failed`, `content_forged`, `cancelled`.
 */
export async function saveFile(tab: BrowserTab, infoHash: InfoHash, index: number): Promise<void> {
  const { session } = tab
  const { files, sealed } = await requireMetainfo(session, infoHash)
  const { length = 0, path = [] } = files[index] ?? {}
  if (sealed) {
    return tab.saves.run({ infoHash, index, path, length }, watch =>
      saveFileAsStream(tab, infoHash, index, watch),
    )
  }
  saveBlob(await session.file(infoHash, index), saveName(path.at(-1) ?? ''))
  session.markSaved(infoHash)
}

/**
 * The same as a stream: of an encrypted share, which is decrypted on its way; and from a page in a frame, where Firefox
 * applies the `frame-src` of the embedding page to a frame's blobs, and would drop them without an error. Errors: those of `saveFile`, `cancelled`.
 */
export async function saveFileAsStream(
  { session }: BrowserTab,
  infoHash: InfoHash,
  index: number,
  watch: SaveWatch,
): Promise<void> {
  const file = (await requireMetainfo(session, infoHash)).files[index]
  const name = saveName(file?.path.at(-1) ?? '')
  await saveStream(await session.open(infoHash, index), name, file?.length ?? 0, watch)
  session.markSaved(infoHash)
}

/** A zip that is written while it is read; `length` is exact, in bytes. */
interface ZipStream {
  readonly name: string
  readonly length: number
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>
}

/**
 * The files at `indexes` as one zip named after the share, with the share's own paths. `open` is called for the bytes of
 * a file when its turn comes; twice where they are `stored`. Times are those of the files, else of the share.
 */
export function zipOf(
  { creationDate, name, files }: Metainfo,
  indexes: readonly number[],
  open: (index: number) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
  source: 'stored' | 'passing',
): ZipStream {
  const now = Math.floor(Date.now() / 1000)
  const place = source === 'stored' ? 'before' : 'behind'
  const entries = indexes.flatMap(index => {
    const file = files[index]
    if (!file || file.padding) return []
    const modified = new Date(1000 * (file.modified ?? creationDate ?? now))
    const { executable, length: size } = file
    return { name: [name, ...file.path].join('/'), size, modified, executable, open: () => open(index) }
  })
  return {
    name: saveName(`${name}.zip`),
    length: zipLength(entries, place),
    stream: writeZip(entries, place),
  }
}

/**
 * Save the files at `indexes` (all complete) in the browser's downloads as one zip, made while it is written.
 * Errors: `storage_failed`, `cancelled`.
 */
export async function saveZip(
  { session }: BrowserTab,
  infoHash: InfoHash,
  indexes: readonly number[],
  watch: SaveWatch,
): Promise<void> {
  const open = (index: number) => session.open(infoHash, index)
  const zip = zipOf(await requireMetainfo(session, infoHash), indexes, open, 'stored')
  await saveStream(zip.stream, zip.name, zip.length, watch)
  session.markSaved(infoHash)
}

/** Whether this browser can write into a folder that the person picks. */
export const canSaveToFolder = (): boolean => 'showDirectoryPicker' in globalThis

/**
 * Write the files at `indexes` (all complete) into a new folder in `parent`, named after the share. Nothing in `parent` is
 * overwritten; after an error or a cancel the new folder is deleted. Resolves to the folder's name.
 * Errors: `storage_failed`, `cancelled`.
 */
export async function saveToFolder(
  { session }: BrowserTab,
  infoHash: InfoHash,
  indexes: readonly number[],
  parent: FileSystemDirectoryHandle,
  { signal, onProgress }: SaveWatch,
): Promise<string> {
  const { name, files } = await requireMetainfo(session, infoHash)
  const root = await addEntry(parent, name, 'directory')
  const folders = new Map([['', root]])
  let bytesBefore = 0
  try {
    for (const index of indexes) {
      const file = files[index]
      if (!file || file.padding) continue
      const folder = await folderFor(folders, file.path.slice(0, -1))
      const target = await addEntry(folder, file.path.at(-1) ?? '', 'file')
      const offset = bytesBefore
      await saveInto(target, await session.open(infoHash, index), {
        signal,
        onProgress: bytes => onProgress(offset + bytes),
      })
      bytesBefore += file.length
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
 * A new entry of `folder`, called `wanted` or as similar as the system allows: names that exist (on many systems `a` and
 * `A` are the same) and those it refuses (`con`, `x.lnk`, a dot at the end) get an underscore.
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

/** The metainfo of a download of this browser, whichever tab runs it. Errors: `storage_failed`. */
async function requireMetainfo(session: Session, infoHash: InfoHash): Promise<Metainfo> {
  const metainfo = await session.metainfo(infoHash)
  if (!metainfo) throw new AppError('storage_failed', 'this browser did not download that')
  return metainfo
}
