import { AppError } from '../base/errors.ts'
import type { PickedFile } from '../browser/picked-file.ts'
import { FILES_MAX } from '../torrent/layout.ts'
import { isJunkFile } from '../torrent/paths.ts'
import { safePaths } from '../torrent/safe-paths.ts'

/** What a plan uses of a file; `path` as in `PickedFile`. */
export interface Plannable {
  readonly path: readonly string[]
  /** Bytes. */
  readonly file: { readonly size: number }
}

interface PlanOptions {
  readonly fallbackName?: string
  readonly isJunk?: (path: readonly string[]) => boolean
}

interface Renaming {
  readonly from: string
  readonly to: string
}

/** What will be published, as the review list shows it. `length` in bytes. */
export interface SharePlan<Picked extends Plannable = PickedFile> {
  /** Name of the content (BEP 3 `name`): the file, or the top folder. */
  readonly name: string
  /** True when the share is one file without a folder. */
  readonly singleFile: boolean
  /** In metainfo order: by path, byte by byte, as mktorrent orders them. Paths are below `name`. */
  readonly files: readonly Picked[]
  /** Files that nobody wants to publish, such as `.DS_Store`, left out. */
  readonly junk: readonly Picked[]
  /** Paths of files and folders that could not be in a `.torrent`, or stood twice, and what they are called instead. */
  readonly renamed: readonly Renaming[]
  readonly length: number
}

/**
 * Byte order of the UTF-8 path, as mktorrent sorts, so that the same folder gets the same info hash. JavaScript
 * compares UTF-16 units, which puts surrogates (characters above U+FFFF) before U+E000 to U+FFFF.
 */
function compareAsUtf8(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let at = 0; at < shorter; at++) {
    const left = a.charCodeAt(at)
    const right = b.charCodeAt(at)
    if (left !== right) return utf8Rank(left) - utf8Rank(right)
  }
  return a.length - b.length
}

const utf8Rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit)

/**
 * The share that the picked files make: one file alone keeps its name, one folder gives its name to the share,
 * anything else goes into a folder called `fallbackName`. Files for which `isJunk` is true are left out.
 * A name that cannot be published is replaced by a similar one, so that the rest can be published.
 * Errors: `nothing_to_publish` (no file, or no byte in them), `metainfo_too_large` (more than 100,000 files).
 */
export function planShare<Picked extends Plannable>(
  picked: readonly Picked[],
  { fallbackName = 'files', isJunk = isJunkFile }: PlanOptions = {},
): SharePlan<Picked> {
  const junk = picked.filter(({ path }) => isJunk(path))
  const given = picked.filter(({ path }) => !isJunk(path))
  const length = given.reduce((sum, { file }) => sum + file.size, 0)
  if (length === 0) throw new AppError('nothing_to_publish')
  if (given.length > FILES_MAX) {
    throw new AppError('metainfo_too_large', `${given.length} files, at most ${FILES_MAX}`)
  }
  const places = safePaths(given.map(({ path }) => ({ path, padding: false })))
  const wanted = given.map((picked, index) => ({ ...picked, path: places[index] ?? picked.path }))
  const renamed = renamings(given, wanted)

  const top = wanted[0]?.path[0] ?? fallbackName
  const singleFile = wanted.length === 1 && wanted[0]?.path.length === 1
  const oneFolder = wanted.every(({ path }) => path.length > 1 && path[0] === top)
  const files = wanted
    .map(picked => ({ key: picked.path.join('/'), picked }))
    .sort((a, b) => compareAsUtf8(a.key, b.key))
    .map(({ picked }) => ({ ...picked, path: oneFolder ? picked.path.slice(1) : picked.path }))
  return { name: singleFile || oneFolder ? top : fallbackName, singleFile, files, junk, renamed, length }
}

/** A renamed folder counts once, whatever is in it. */
function renamings(given: readonly Plannable[], wanted: readonly Plannable[]): Renaming[] {
  const found = new Map<string, Renaming>()
  for (const [index, { path }] of given.entries()) {
    const place = wanted[index]?.path ?? path
    if (place === path) continue
    const same = place.length === path.length
    const depth = same ? path.findIndex((name, at) => name !== place[at]) : path.length - 1
    const from = path.slice(0, depth + 1).join('/')
    const to = (same ? place.slice(0, depth + 1) : place).join('/')
    found.set(JSON.stringify([from, to]), { from, to })
  }
  return [...found.values()]
}

/** What was chosen before, and now as well; a file that is chosen again, in the same state, counts once. */
export function addPicked(before: readonly PickedFile[], now: readonly PickedFile[]): readonly PickedFile[] {
  const known = new Map<string, PickedFile>()
  for (const picked of [...before, ...now]) {
    const { lastModified, size } = picked.file
    known.set(JSON.stringify([picked.path, size, lastModified]), picked)
  }
  return [...known.values()]
}
