import { constants, type Stats, statSync } from 'node:fs'
import { access, lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { AppError } from '../../../lib/base/errors.ts'

/** Limit of files and folders: links can make endless trees out of a few folders. */
const ENTRIES_MAX = 1_000_000

interface LocalFacts {
  /** Bytes. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified: number
  /** Identifies it on its file system, also when it is moved. */
  readonly inode: number
  /** Somebody may run it. */
  readonly executable: boolean
}

/** A regular file on disk. `path` begins with the name under which it was found, as in `PickedFile`. */
export interface LocalFile {
  readonly path: readonly string[]
  readonly location: string
  readonly file: LocalFacts
}

/**
 * What is left out of a listing: `link` a symbolic link that is not followed · `missing` one that leads nowhere · `loop` a
 * link to a folder that contains it · `special` a socket, device or pipe · `closed` a file or folder that cannot be read ·
 * `not-utf8` a name that is not UTF-8, as BEP 3 asks for.
 */
export interface Skipped {
  readonly location: string
  readonly reason: 'link' | 'missing' | 'loop' | 'special' | 'closed' | 'not-utf8'
}

/** The files at a path, and what is left out. */
export interface Found {
  readonly files: readonly LocalFile[]
  readonly skipped: readonly Skipped[]
}

export interface FindOptions {
  /** Symbolic links below the path itself. Default: `skip`, because they may lead to what nobody means to publish. */
  readonly links?: 'skip' | 'follow' | undefined
  /** Names of files and folders below the first that are ignored. */
  readonly exclude?: ((name: string) => boolean) | undefined
}

/**
 * Every file at or below `location`. What cannot be listed is left out and named; nothing is opened but folders. Links that
 * are followed never lead in circles; `location` itself is what was asked for, and followed. Errors: `file_unreadable`
 * (nothing there, or it cannot be read), `metainfo_too_large` (over a million files and folders).
 */
export async function findFiles(location: string, options: FindOptions = {}): Promise<Found> {
  const absolute = resolve(location)
  const listing = new Listing(absolute, options)
  const real = await realpath(absolute).catch(rejectUnreadable(location))
  await access(real, constants.R_OK).catch(rejectUnreadable(location))
  const place = { at: absolute, real, path: [basename(absolute)], above: [] }
  await listing.add(place, await stat(real).catch(rejectUnreadable(location)))
  return listing
}

/** A file or folder as it was found, where it really is, and the folders around it. */
interface Place {
  readonly at: string
  readonly real: string
  readonly path: readonly string[]
  readonly above: readonly string[]
}

class Listing implements Found {
  readonly files: LocalFile[] = []
  readonly skipped: Skipped[] = []
  readonly #top: string
  readonly #options: FindOptions
  #entries = 0

  constructor(top: string, options: FindOptions) {
    this.#top = top
    this.#options = options
  }

  async add(place: Place, found: Stats): Promise<void> {
    const { above, at, path, real } = place
    this.#entries += 1
    if (this.#entries > ENTRIES_MAX)
      throw new AppError('metainfo_too_large', `${this.#top}: over ${ENTRIES_MAX} files`)
    if (found.isFile()) {
      const isOpen = await access(real, constants.R_OK).then(
        () => true,
        () => false,
      )
      if (isOpen) this.files.push({ path, location: real, file: sizeOf(found) })
      else this.#skip(at, 'closed')
    } else if (!found.isDirectory()) this.#skip(at, 'special')
    else if (above.includes(real)) this.#skip(at, 'loop')
    else {
      const names = await readdir(real, { encoding: 'buffer' }).catch(() => null)
      if (names === null) this.#skip(at, 'closed')
      for (const bytes of names ?? []) await this.#look(place, bytes)
    }
  }

  async #look(folder: Place, bytes: Buffer): Promise<void> {
    const name = bytes.toString()
    if (this.#options.exclude?.(name)) return
    const at = join(folder.at, name)
    if (!bytes.equals(Buffer.from(name))) return this.#skip(at, 'not-utf8')
    const place = { at, path: [...folder.path, name], above: [...folder.above, folder.real] }
    const real = join(folder.real, name)
    const found = await lstat(real).catch(toError)
    // It went away while we looked, or its folder may be listed but not entered.
    if (found instanceof Error) {
      if (!isMissing(found)) this.#skip(at, 'closed')
    } else if (!found.isSymbolicLink()) await this.add({ ...place, real }, found)
    else if (this.#options.links === 'follow') await this.#follow({ ...place, real })
    else this.#skip(at, 'link')
  }

  async #follow(place: Place): Promise<void> {
    try {
      const real = await realpath(place.real)
      await this.add({ ...place, real }, await stat(real))
    } catch (reason) {
      if (reason instanceof AppError) throw reason
      this.#skip(place.at, isMissing(toError(reason)) ? 'missing' : 'closed')
    }
  }

  #skip(location: string, reason: Skipped['reason']): void {
    this.skipped.push({ location, reason })
  }
}

const toError = (reason: unknown): NodeJS.ErrnoException =>
  reason instanceof Error ? reason : new Error(String(reason))

const isMissing = ({ code = '' }: NodeJS.ErrnoException) => ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)

const rejectUnreadable =
  (location: string) =>
  (cause: unknown): never => {
    if (isMissing(toError(cause))) throw new AppError('file_unreadable', `${location}: there is no such file`)
    throw new AppError('file_unreadable', location, { cause })
  }

/** Errors: `file_changed` when one of the files is not as it was found. */
export function requireUnchanged(files: readonly LocalFile[]): void {
  for (const { file, location } of files) {
    const found = statSync(location, { throwIfNoEntry: false })
    const now = found && sizeOf(found)
    if (now?.size !== file.size || now.modified !== file.modified)
      throw new AppError('file_changed', location)
  }
}

const sizeOf = ({ ino, mode, mtimeMs, size }: Stats): LocalFacts => ({
  size,
  modified: mtimeMs,
  inode: ino,
  executable: (mode & 0o111) !== 0,
})
