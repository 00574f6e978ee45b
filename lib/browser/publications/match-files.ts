import type { Metainfo } from '../../torrent/metainfo.ts'
import type { PickedFile } from '../picked-file.ts'
import type { SavedSource } from '../records/saved-records.ts'

/** The chosen file that takes the place of one of the share. */
export interface FileMatch {
  readonly picked: PickedFile
  /** Place, size, name and time are as they were when it was hashed: checking a few pieces is enough. */
  readonly sure: boolean
}

type Key = (path: readonly string[], file: { readonly size: number; readonly lastModified: number }) => string

/** macOS decomposes letters (`ü` as `u` and a mark): one name in two forms is one file. */
const normalized = (path: readonly string[]): string => path.join('/').normalize('NFC')

const byPath: Key = normalized
const byNameSizeAndTime: Key = (path, { size, lastModified }) =>
  [normalized(path.slice(-1)), size, lastModified].join('/')
const byName: Key = path => normalized(path.slice(-1))
/** Finds a file that was renamed. */
const bySize: Key = (_, { size }) => String(size)

/**
 * Finds the files of a published share (`sources`, metainfo order) among files chosen again, with or without the
 * folder they are in; changed ones too. Null where none fits.
 */
export function matchFiles(
  { name, files }: Pick<Metainfo, 'name' | 'files'>,
  sources: readonly SavedSource[],
  picked: readonly PickedFile[],
): (FileMatch | null)[] {
  const matches: (FileMatch | null)[] = files.map(() => null)
  const free = new Set(picked)

  /** `above` counts the folders above the content in the paths of picked files. */
  const matchBy = (key: Key, above = 0): void => {
    const candidates = new Map<string, PickedFile[]>()
    for (const candidate of free) {
      const found = key(candidate.path.slice(above), candidate.file)
      const group = candidates.get(found)
      if (group) group.push(candidate)
      else candidates.set(found, [candidate])
    }
    // Only their bytes tell apart files with the same key.
    const twins = new Set([...candidates.values()].filter(({ length }) => length > 1).flat())
    for (const [index, { path }] of files.entries()) {
      const source = sources[index]
      const next = source && !matches[index] && candidates.get(key(path, source))?.shift()
      if (!next) continue
      free.delete(next)
      const { size, lastModified, name: fileName } = next.file
      const same =
        size === source.size &&
        lastModified === source.lastModified &&
        fileName.normalize('NFC') === source.name.normalize('NFC')
      matches[index] = { picked: next, sure: same && !twins.has(next) }
    }
  }

  const inFolder = picked.every(
    ({ path }) => path.length > 1 && normalized(path.slice(0, 1)) === normalized([name]),
  )
  matchBy(byPath, inFolder ? 1 : 0)
  matchBy(byPath, inFolder ? 0 : 1)
  for (const key of [byNameSizeAndTime, byName, bySize]) matchBy(key)
  return matches
}
