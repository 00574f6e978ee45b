import { AppError, toAppError } from '../base/errors.ts'
import { FILES_MAX } from '../torrent/layout.ts'
import { checkDistinct, checkPath } from '../torrent/paths.ts'

/** One file as it is published. Path components are below the share's name; of a single file, the name itself. */
export interface PlainFile {
  readonly path: readonly string[]
  /** Bytes. */
  readonly length: number
  /** Seconds since 1970, or null. */
  readonly modified: number | null
  readonly executable: boolean
}

/** What only those see who have the key. */
export interface PlainContent {
  /** The file, or the folder around the files. */
  readonly name: string
  readonly singleFile: boolean
  readonly title: string
  readonly description: string
  /** Their bytes are the content, one after the other. */
  readonly files: readonly PlainFile[]
}

/** Longest title and description that are read, in UTF-16 units: those of `lib/protocol/`, with room for later. */
const WORDS_MAX = 10_000

/**
 * The names, sizes, times and texts of a share, as JSON in UTF-8: `{ name, folder, title, description, files }`, a file as
 * `[path with /, bytes, seconds since 1970 or null, 1 for a program]`. Errors: `path_unsafe`, `path_duplicate`.
 */
export function encodeIndex({
  description,
  files,
  name,
  singleFile,
  title,
}: PlainContent): Uint8Array<ArrayBuffer> {
  checkNames(name, files)
  const list = files.map(({ executable, length, modified, path }) => [
    path.join('/'),
    length,
    modified,
    executable ? 1 : 0,
  ])
  const text = JSON.stringify({ name, folder: !singleFile, title, description, files: list })
  return new TextEncoder().encode(text)
}

/**
 * What `encodeIndex` wrote. Nothing in it is believed: names must be such that can be saved, and lengths sizes.
 * Errors: `content_forged` (detail: why).
 */
export function decodeIndex(bytes: Uint8Array<ArrayBuffer>): PlainContent {
  const value = parse(bytes)
  if (!isRecord(value)) throw forged('it is no object')
  const { description, files, folder, name, title } = value
  if (!isWords(title) || !isWords(description)) throw forged('its title or description is no text')
  if (typeof name !== 'string' || typeof folder !== 'boolean') throw forged('it has no name')
  if (!Array.isArray(files) || files.length === 0 || files.length > FILES_MAX) {
    throw forged(`it has no file, or more than ${FILES_MAX}`)
  }
  if (!folder && files.length !== 1) throw forged('it is one file and has several')
  const content = {
    name,
    singleFile: !folder,
    title,
    description,
    files: files.map(readFile),
  }
  try {
    checkNames(name, content.files)
  } catch (reason) {
    throw forged(toAppError(reason).detail)
  }
  return content
}

function readFile(entry: unknown): PlainFile {
  if (!Array.isArray(entry) || entry.length !== 4) throw forged('a file is no list of four')
  const [path, length, modified, executable] = entry as unknown[]
  if (typeof path !== 'string') throw forged('a path is no text')
  if (!isSize(length)) throw forged('a file has no size')
  if (modified !== null && !isTime(modified)) throw forged('a file has an impossible time')
  if (executable !== 0 && executable !== 1) throw forged('it is not said whether a file is a program')
  return { path: path.split('/'), length, modified, executable: executable === 1 }
}

function parse(bytes: Uint8Array<ArrayBuffer>): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    throw forged('it cannot be read')
  }
}

/** Of a single file, the path is the name. */
function checkNames(name: string, files: readonly PlainFile[]): void {
  checkPath([name])
  for (const { path } of files) checkPath(path)
  checkDistinct(files.map(({ path }) => path))
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isWords = (value: unknown): value is string => typeof value === 'string' && value.length <= WORDS_MAX

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Within the range of JavaScript's `Date`. */
const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number.isFinite(new Date((value as number) * 1000).getTime())

const forged = (why: string): AppError => new AppError('content_forged', `the list of files: ${why}`)
