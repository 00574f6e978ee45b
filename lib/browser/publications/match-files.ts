import type { PickedFile } from '../../publish/plan.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { KeptSource } from '../records/saved-records.ts'

/** A file that stands for one of a share. */
export interface FileMatch {
  readonly picked: PickedFile
  /** It is where it was and looks as it did when it was hashed: a few pieces are enough to check. */
  readonly sure: boolean
}

type Key = (path: readonly string[], look: { readonly size: number; readonly lastModified: number }) => string

const byPath: Key = path => path.join('/')
const byLook: Key = (path, { size, lastModified }) => [path.at(-1), size, lastModified].join('/')
const byName: Key = path => path.at(-1) ?? ''
/** Finds a file that was renamed. */
const bySize: Key = (_, { size }) => String(size)

/**
 * Finds the files of a published share (`sources`, metainfo order) among files chosen again, with or without the
 * folder they are in; changed ones too. Null where none fits.
 */
export function matchFiles(
  { name, files }: Pick<Metainfo, 'name' | 'files'>,
  sources: readonly KeptSource[],
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
    // Of two that look the same only the bytes tell which is which.
    const twins = new Set([...candidates.values()].filter(({ length }) => length > 1).flat())
    for (const [index, { path }] of files.entries()) {
      const source = sources[index]
      const next = source && !matches[index] && candidates.get(key(path, source))?.shift()
      if (!next) continue
      free.delete(next)
      const { size, lastModified, name: fileName } = next.file
      const same = size === source.size && lastModified === source.lastModified && fileName === source.name
      matches[index] = { picked: next, sure: same && !twins.has(next) }
    }
  }

  const inFolder = picked.every(({ path }) => path.length > 1 && path[0] === name)
  matchBy(byPath, inFolder ? 1 : 0)
  matchBy(byPath, inFolder ? 0 : 1)
  for (const key of [byLook, byName, bySize]) matchBy(key)
  return matches
}
