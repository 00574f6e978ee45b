import type { FileWithPlace } from '../browser/picked-file.ts'

/** What a person chose: the files, and the paths of files and folders that the system does not let the browser read. */
export interface Chosen {
  readonly files: readonly FileWithPlace[]
  readonly closed: readonly string[]
}

/** Whether a file can be read is tried for so many: it takes time. Hashing finds the rest. */
const TRIED_MAX = 5_000
/** Files read as one: that takes a third of the time of reading each. */
const TRIED_TOGETHER = 100
/** Bytes: a file up to this size is read whole, since making a slice of it takes longer. */
const READ_WHOLE_MAX = 32 * 1024

/** Everything that `handles` lend, with what is in folders; what cannot be read is left out and named. Never rejects. */
export async function listHandles(handles: readonly FileSystemHandle[]): Promise<Chosen> {
  const listing = new Listing()
  await Promise.all(
    handles.map(handle =>
      handle.kind === 'directory'
        ? listing.addFolder(handle as FileSystemDirectoryHandle, handle as FileSystemDirectoryHandle)
        : listing.addFile(handle as FileSystemFileHandle),
    ),
  )
  return listing.end()
}

/** The same for what browsers give of a drop that lend no handles. */
export async function listEntries(entries: readonly FileSystemEntry[]): Promise<Chosen> {
  const listing = new Listing()
  await Promise.all(entries.map(entry => listing.addEntry(entry)))
  return listing.end()
}

/** The same for files that a file input gave. */
export async function listInput(files: readonly FileWithPlace[]): Promise<Chosen> {
  const listing = new Listing()
  listing.files.push(...files)
  return listing.end()
}

class Listing {
  readonly files: FileWithPlace[] = []
  readonly #closed: string[] = []

  async addFolder(
    folder: FileSystemDirectoryHandle,
    top: FileSystemDirectoryHandle,
    path = folder.name,
  ): Promise<void> {
    const inside: Promise<void>[] = []
    try {
      for await (const handle of folder.values()) {
        const place = `${path}/${handle.name}`
        inside.push(
          handle.kind === 'directory'
            ? this.addFolder(handle as FileSystemDirectoryHandle, top, place)
            : this.addFile(handle as FileSystemFileHandle, { relativePath: place, folder: top }),
        )
      }
    } catch {
      this.#closed.push(path)
    }
    await Promise.all(inside)
  }

  async addFile(
    handle: FileSystemFileHandle,
    place: Pick<FileWithPlace, 'relativePath' | 'folder'> = {},
  ): Promise<void> {
    try {
      this.files.push(Object.assign(await handle.getFile(), { ...place, handle }))
    } catch {
      this.#closed.push(place.relativePath ?? handle.name)
    }
  }

  async addEntry(entry: FileSystemEntry): Promise<void> {
    const path = entry.fullPath.replace(/^\//, '')
    try {
      if (entry.isDirectory) {
        const inside = await readAll((entry as FileSystemDirectoryEntry).createReader())
        await Promise.all(inside.map(child => this.addEntry(child)))
      } else {
        const file = await new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject),
        )
        this.files.push(path.includes('/') ? Object.assign(file, { relativePath: path }) : file)
      }
    } catch {
      this.#closed.push(path)
    }
  }

  /** Leaves out files that have a size but cannot be opened. */
  async end(): Promise<Chosen> {
    const shut = new Set<File>()
    for (let at = 0; at < Math.min(this.files.length, TRIED_MAX); at += TRIED_TOGETHER) {
      const group = this.files.slice(at, at + TRIED_TOGETHER).filter(({ size }) => size > 0)
      if (await canReadAll(group)) continue
      for (const file of group) {
        if (!(await canRead(file))) shut.add(file)
      }
    }
    const places = [...shut].map(
      (file: FileWithPlace) => file.webkitRelativePath || file.relativePath || file.name,
    )
    return {
      files: this.files.filter(file => !shut.has(file)),
      closed: [...this.#closed, ...places].sort(),
    }
  }
}

/** Whether the browser still lets us read this file. */
export const canRead = (file: File): Promise<boolean> => canReadAll([file])

const canReadAll = (files: readonly File[]): Promise<boolean> =>
  new Blob(files.map(file => (file.size > READ_WHOLE_MAX ? file.slice(0, 1) : file))).arrayBuffer().then(
    () => true,
    () => false,
  )

/** A reader gives a hundred at a time. */
async function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const all: FileSystemEntry[] = []
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return all
    all.push(...some)
  }
}
