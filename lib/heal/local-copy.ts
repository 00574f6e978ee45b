import type { PickedFile } from '../browser/picked-file.ts'
import type { HashedContent } from '../hashing/hashed-content.ts'
import type { Plannable } from '../publish/plan.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { piecesOf } from '../torrent/piece-map.ts'

/** What a copy's files are matched with. */
type Content = Pick<Metainfo, 'name' | 'files' | 'singleFile'>

/** The local file that corresponds to one of the share, good or not. */
interface LocalFile<Picked extends Plannable> {
  readonly picked: Picked
  /** Its path is as in the share; otherwise only its name or size matches. */
  readonly inPlace: boolean
}

/** Local files matched with those of a share. */
export interface LocalCopy<Picked extends Plannable = PickedFile> {
  /** In metainfo order; null where none was found. */
  readonly files: readonly (LocalFile<Picked> | null)[]
  /** Chosen files that match no file of the share. */
  readonly extra: readonly Picked[]
  /** Path of the share's top folder among the chosen files; null when no file has its place. */
  readonly base: readonly string[] | null
}

/**
 * Find the files of a share among chosen ones: by their path, whichever folder around or inside the share was chosen,
 * and otherwise by a name or size that is unique. A single file for a share of one file always matches.
 */
export function fitCopy<Picked extends Plannable>(
  content: Content,
  picked: readonly Picked[],
): LocalCopy<Picked> {
  const { files, singleFile } = content
  const [only] = picked
  if (singleFile && picked.length === 1 && only) {
    return { files: [{ picked: only, inPlace: true }], extra: [], base: only.path.slice(0, -1) }
  }
  const base = findBase(content, picked)
  const found: (LocalFile<Picked> | null)[] = files.map(() => null)
  const free = new Map(picked.map(file => [file.path.join('/'), file]))
  const exact = new Map(picked.map(file => [normalized(file.path), file.path.join('/')]))
  const take = (index: number, file: Picked, inPlace: boolean): void => {
    found[index] = { picked: file, inPlace }
    free.delete(file.path.join('/'))
  }
  const at = (path: readonly string[]) =>
    free.get(path.join('/')) ?? free.get(exact.get(normalized(path)) ?? '')
  if (base) {
    for (const [index, { path, statedPath, padding }] of files.entries()) {
      // Other programs save a name that cannot be one in their own way, some as it is stated.
      const file = padding ? undefined : (at([...base, ...path]) ?? at([...base, ...statedPath]))
      if (file) take(index, file, true)
    }
  }
  const name = (path: readonly string[]) => normalized(path.slice(-1))
  const keys: ((path: readonly string[], size: number) => string)[] = [
    (path, size) => `${name(path)}/${size}`,
    path => name(path),
    (_, size) => String(size),
  ]
  for (const key of keys) {
    const missing = [...files.keys()].filter(index => !found[index] && !files[index]?.padding)
    const wanted = unique(missing, index => key(files[index]?.path ?? [], files[index]?.length ?? 0))
    for (const [which, file] of unique(free.values(), ({ path, file }) => key(path, file.size))) {
      const index = wanted.get(which)
      if (index !== undefined) take(index, file, false)
    }
  }
  return { files: found, extra: [...free.values()], base }
}

/** The folder below which most files have their paths of the share; files of the right size count twice. */
function findBase({ name, files }: Content, picked: readonly Plannable[]): readonly string[] | null {
  const lengths = new Map(
    files.flatMap(({ path, statedPath, length, padding }) =>
      padding ? [] : [[normalized(statedPath), length] as const, [normalized(path), length] as const],
    ),
  )
  const votes = new Map<string, { count: number; readonly base: readonly string[] }>()
  for (const { path, file } of picked) {
    for (let above = 0; above < path.length; above++) {
      const length = lengths.get(normalized(path.slice(above)))
      if (length === undefined) continue
      const base = path.slice(0, above)
      const vote = votes.get(base.join('/')) ?? { count: 0, base }
      vote.count += file.size === length ? 2 : 1
      votes.set(base.join('/'), vote)
    }
  }
  const ranked = [...votes.values()].sort(
    (a, b) =>
      b.count - a.count ||
      Number(b.base.at(-1)?.normalize('NFC') === name.normalize('NFC')) -
        Number(a.base.at(-1)?.normalize('NFC') === name.normalize('NFC')),
  )
  return ranked[0]?.base ?? null
}

/** macOS and some file systems decompose letters (`ü` as `u` and a mark): one name in two forms is one file. */
const normalized = (path: readonly string[]): string => path.join('/').normalize('NFC')

/** The values whose key is unique. */
function unique<T>(values: Iterable<T>, keyOf: (value: T) => string): Map<string, T> {
  const once = new Map<string, T>()
  const twice = new Set<string>()
  for (const value of values) {
    const key = keyOf(value)
    if (once.has(key)) twice.add(key)
    once.set(key, value)
  }
  for (const key of twice) once.delete(key)
  return once
}

/** Size of the zeros that fill gaps of a copy, of which large gaps take several; bytes. */
const FILLER_BYTES = 1024 * 1024
let filler: Blob | undefined

function zeros(length: number): Blob[] {
  if (length === 0) return []
  filler ??= new Blob([new Uint8Array(FILLER_BYTES)])
  const parts = new Array<Blob>(Math.floor(length / FILLER_BYTES)).fill(filler)
  const rest = length % FILLER_BYTES
  return rest > 0 ? [...parts, filler.slice(0, rest)] : parts
}

/** The copy as hashing reads it; of an opened share, encrypted as it was published. */
export function hashedContentOf(metainfo: Metainfo, copy: Parameters<typeof contentOf>[1]): HashedContent {
  const plain = contentOf(metainfo, copy)
  return metainfo.sealed ? { plain, seal: metainfo.sealed.job } : plain
}

/** The files of the copy as one Blob as long as those of the share, by reference; zeros where bytes are missing. */
export function contentOf(
  { files }: Pick<Metainfo, 'files'>,
  copy: Pick<LocalCopy<Plannable & { readonly file: Blob }>, 'files'>,
): Blob {
  return new Blob(
    files.flatMap(({ length }, index) => {
      const local = copy.files[index]?.picked.file.slice(0, length)
      return local ? [local, ...zeros(length - local.size)] : zeros(length)
    }),
  )
}

/** The pieces, ascending, of which the copy has every byte; what belongs to no file, or is padding (BEP 47), needs none. */
export function piecesPresent(
  { files, pieceCount, pieceLength }: Pick<Metainfo, 'files' | 'pieceCount' | 'pieceLength'>,
  copy: LocalCopy<Plannable>,
): number[] {
  const present = new Uint8Array(pieceCount).fill(1)
  for (const [index, { length, offset, padding }] of files.entries()) {
    const size = padding ? length : Math.min(length, copy.files[index]?.picked.file.size ?? 0)
    const gap = piecesOf({ offset: offset + size, length: length - size }, pieceLength)
    if (gap) present.fill(0, gap.first, gap.last + 1)
  }
  return [...present.keys()].filter(piece => present[piece] === 1)
}
