import { AppError } from '../base/errors.ts'
import { FILES_MAX } from '../torrent/layout.ts'
import { checkDistinct, checkPath, isJunkFile } from '../torrent/paths.ts'

/** A file a person picked, and where it lies: `['photos', 'a.jpg']` for one inside a folder, `['a.jpg']` alone. */
export interface PickedFile {
  readonly path: readonly string[]
  readonly file: File
  /** The file for longer than this page, where the browser lends it. */
  readonly handle?: FileSystemFileHandle | undefined
  /** The folder it was chosen with, likewise. */
  readonly folder?: FileSystemDirectoryHandle | undefined
}

/** What drop zones and pickers know of a file besides its bytes, as properties of it. */
export type FileWithPlace = File & {
  readonly path?: string
  readonly relativePath?: string
  readonly handle?: FileSystemFileHandle
  readonly folder?: FileSystemDirectoryHandle
}

/** What a plan needs to know of a file; `path` as in `PickedFile`. */
export interface Plannable {
  readonly path: readonly string[]
  /** Bytes. */
  readonly file: { readonly size: number }
}

interface PlanOptions {
  readonly fallbackName?: string
  readonly isJunk?: (path: readonly string[]) => boolean
}

/** What will be published, as the review list shows it. `length` in bytes. */
export interface SharePlan<Picked extends Plannable = PickedFile> {
  /** Name of the content (BEP 3 `name`): the file, or the top folder. */
  readonly name: string
  /** True when the share is one file without a folder. */
  readonly singleFile: boolean
  /** In metainfo order: by path, byte by byte, as mktorrent orders them. Paths are below `name`. */
  readonly files: readonly Picked[]
  /** Files nobody means to publish, left out. */
  readonly junk: readonly Picked[]
  readonly length: number
}

/** Drop zones and folder inputs each tell a file's place in another property, some with a leading `/` or `../`. */
export function pickFile(file: FileWithPlace): PickedFile {
  const place = file.webkitRelativePath || file.relativePath || file.path || file.name
  const path = place
    .split('/')
    .filter((element, index) => !(index === 0 && (element === '' || element === '.')))
  const { handle, folder } = file
  return { path: path.length === 0 ? [file.name] : path, file, handle, folder }
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
 * anything else goes into a folder called `fallbackName`. What `isJunk` says true to is left out.
 * Errors: `nothing_to_publish` (no file, or no byte in them), `metainfo_too_large` (more than 100,000 files),
 * `path_unsafe`, `path_duplicate`.
 */
export function planShare<Picked extends Plannable>(
  picked: readonly Picked[],
  { fallbackName = 'files', isJunk = isJunkFile }: PlanOptions = {},
): SharePlan<Picked> {
  const junk = picked.filter(({ path }) => isJunk(path))
  const wanted = picked.filter(({ path }) => !isJunk(path))
  const length = wanted.reduce((sum, { file }) => sum + file.size, 0)
  if (length === 0) throw new AppError('nothing_to_publish')
  if (wanted.length > FILES_MAX) {
    throw new AppError('metainfo_too_large', `${wanted.length} files, at most ${FILES_MAX}`)
  }
  for (const { path } of wanted) checkPath(path)
  checkDistinct(wanted.map(({ path }) => path))

  const top = wanted[0]?.path[0] ?? fallbackName
  const singleFile = wanted.length === 1 && wanted[0]?.path.length === 1
  const oneFolder = wanted.every(({ path }) => path.length > 1 && path[0] === top)
  const files = wanted
    .map(picked => ({ key: picked.path.join('/'), picked }))
    .sort((a, b) => compareAsUtf8(a.key, b.key))
    .map(({ picked }) => ({ ...picked, path: oneFolder ? picked.path.slice(1) : picked.path }))
  return { name: singleFile || oneFolder ? top : fallbackName, singleFile, files, junk, length }
}
