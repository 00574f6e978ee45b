import { type Stats, statSync } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { AppError } from '../../../lib/base/errors.ts'

/** Files and folders that are looked at before we give up: links can make endless trees out of a few folders. */
const ENTRIES_MAX = 1_000_000

/** A regular file of this computer. `path` begins with the name it was found under, as in `PickedFile`. */
export interface LocalFile {
  readonly path: readonly string[]
  readonly location: string
  readonly file: { readonly size: number; readonly modified: number }
}

/**
 * What can't be published: `missing` a link that leads nowhere, or nothing at all · `loop` a folder inside itself ·
 * `outside` a link out of `within` · `special` a socket, device or pipe.
 */
export interface Skipped {
  readonly location: string
  readonly reason: 'missing' | 'loop' | 'outside' | 'special'
}

/** What lies at a path, and what of it can't be published. */
export interface Found {
  readonly files: readonly LocalFile[]
  readonly skipped: readonly Skipped[]
}

export interface FindOptions {
  /** Links that lead out of this folder are not followed. */
  readonly within?: string | undefined
  /** Names, of files and folders below the first, that are passed over unseen. */
  readonly exclude?: ((name: string) => boolean) | undefined
}

/**
 * Every file at or below `location`. Links are followed as if what they lead to lay there, but never around in circles.
 * Errors: `file_unreadable`, `path_unsafe` (a name that is not UTF-8, as BEP 3 asks for; detail: which),
 * `metainfo_too_large` (over a million files and folders).
 */
export async function findFiles(location: string, { exclude, within }: FindOptions = {}): Promise<Found> {
  const files: LocalFile[] = []
  const skipped: Skipped[] = []
  const inside = within === undefined ? null : await realpath(within)
  let entries = 0

  const look = async (at: string, path: readonly string[], above: readonly string[]): Promise<void> => {
    entries += 1
    if (entries > ENTRIES_MAX)
      throw new AppError('metainfo_too_large', `${location}: over ${entries - 1} files`)
    const skip = (reason: Skipped['reason']) => skipped.push({ location: at, reason })
    const real = await realpath(at).catch(rejectUnless('ENOENT', 'ENOTDIR', 'ELOOP')(at))
    const found = real === null ? null : await stat(real).catch(rejectUnless('ENOENT', 'ENOTDIR')(at))
    if (real === null || found === null) skip('missing')
    else if (inside !== null && !isWithin(real, inside)) skip('outside')
    else if (found.isFile()) files.push({ path, location: real, file: sizeOf(found) })
    else if (!found.isDirectory()) skip('special')
    else if (above.includes(real)) skip('loop')
    else {
      const names = await readdir(real, { encoding: 'buffer' }).catch(rejectUnless()(at))
      for (const bytes of names ?? []) {
        const name = bytes.toString()
        if (exclude?.(name)) continue
        if (!bytes.equals(Buffer.from(name))) {
          throw new AppError('path_unsafe', `${join(at, name)}: a name that is not UTF-8`)
        }
        await look(join(at, name), [...path, name], [...above, real])
      }
    }
  }

  const absolute = resolve(location)
  await look(absolute, [basename(absolute)], [])
  return { files, skipped }
}

/** For `catch`: null for these failures, `file_unreadable` for others. */
const rejectUnless =
  (...codes: readonly string[]) =>
  (location: string) =>
  (reason: NodeJS.ErrnoException): null => {
    if (codes.includes(reason.code ?? '')) return null
    throw new AppError('file_unreadable', location, { cause: reason })
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
