import type { Metainfo } from '../../torrent/metainfo.ts'
import type { SavedPublication, SavedSource } from '../records/saved-records.ts'
import type { FileMatch } from './match-files.ts'

/** Whether the browser lends every file of a publication for longer than a page. */
export const isLent = ({ sources }: SavedPublication): boolean =>
  sources.every(({ handle, inFolder }) => handle !== null || inFolder)

/**
 * What the person must let us read: the folders, and the files that were chosen without one. Null where the browser does not
 * lend all of them.
 */
export function lentHandles(record: SavedPublication): readonly FileSystemHandle[] | null {
  if (!isLent(record)) return null
  return [...record.folders, ...record.sources.flatMap(({ handle }) => handle ?? [])]
}

/** The lent files as they are now; null for one that was renamed, moved or deleted. */
export function openLentFiles(
  { files }: Metainfo,
  { folders, sources }: SavedPublication,
): Promise<(FileMatch | null)[]> {
  const lent = folders.map(folder => new LentFolder(folder))
  return Promise.all(sources.map((source, index) => open(source, index).catch(() => null)))

  async function open(source: SavedSource, index: number): Promise<FileMatch | null> {
    const { inFolder } = source
    const folder = inFolder && lent[inFolder.folder]
    const handle = inFolder ? await folder?.find(inFolder.path) : source.handle
    if (!handle) return null
    const file = await handle.getFile()
    const sure = file.size === source.size && file.lastModified === source.lastModified
    const place = folder && inFolder && { folder: folder.handle, pathInFolder: inFolder.path }
    return { picked: { path: files[index]?.path ?? [], file, handle, ...place }, sure }
  }
}

/** Finds files in a folder, opening each folder in it once. */
class LentFolder {
  readonly handle: FileSystemDirectoryHandle
  readonly #opened = new Map<string, Promise<FileSystemDirectoryHandle>>()

  constructor(handle: FileSystemDirectoryHandle) {
    this.handle = handle
  }

  async find(path: readonly string[]): Promise<FileSystemFileHandle> {
    const parent = await this.#open(path.slice(0, -1))
    return parent.getFileHandle(path.at(-1) ?? '')
  }

  #open(path: readonly string[]): Promise<FileSystemDirectoryHandle> {
    const name = path.at(-1)
    if (name === undefined) return Promise.resolve(this.handle)
    const key = path.join('/')
    const opening =
      this.#opened.get(key) ?? this.#open(path.slice(0, -1)).then(parent => parent.getDirectoryHandle(name))
    this.#opened.set(key, opening)
    return opening
  }
}
