import { type Stats, statSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { AppError } from '../../lib/errors.ts'

/** A regular file of this computer. `path` begins with the name it was found under, as in `PickedFile`. */
export interface LocalFile {
  readonly path: readonly string[]
  readonly location: string
  readonly file: { readonly size: number; readonly modified: number }
}

/** What lies at a path, and what of it can't be published. */
export interface Found {
  readonly files: readonly LocalFile[]
  /** Sockets, devices, links that lead nowhere, in circles or out of `within`. */
  readonly skipped: readonly string[]
}

/**
 * Every file at or below `location`; links are followed, but not twice to the same folder, and never out of `within`.
 * Errors: `file_unreadable` (detail: which).
 */
export async function findFiles(location: string, within?: string): Promise<Found> {
  const files: LocalFile[] = []
  const skipped: string[] = []
  const inside = within === undefined ? null : await realpath(within)
  const folders = new Set<string>()

  const look = async (at: string, path: readonly string[]): Promise<void> => {
    const real = await realpath(at).catch(() => null)
    const found = real === null ? null : await stat(real).catch(() => null)
    if (real === null || found === null || (inside !== null && !isWithin(real, inside))) {
      skipped.push(at)
      return
    }
    if (found.isFile()) files.push({ path, location: real, file: sizeOf(found) })
    else if (!found.isDirectory() || folders.has(real)) skipped.push(at)
    else {
      folders.add(real)
      const names = await readdir(real).catch(reason => {
        throw new AppError('file_unreadable', at, { cause: reason })
      })
      for (const name of names) await look(join(at, name), [...path, name])
    }
  }

  const absolute = resolve(location)
  await look(absolute, [basename(absolute)])
  return { files, skipped }
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

const sizeOf = ({ mtimeMs, size }: Stats) => ({ size, modified: mtimeMs })

const isWithin = (path: string, folder: string) => path === folder || path.startsWith(folder + sep)
