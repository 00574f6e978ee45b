import { AppError } from '../base/errors.ts'

/** Longest path component on the common file systems, in bytes of UTF-8. */
export const COMPONENT_MAX_BYTES = 255

/** Longest path (Linux PATH_MAX), in bytes of UTF-8 with its separators. */
export const PATH_MAX_BYTES = 4096

/** Bidi embeddings, overrides and isolates (UAX #9), which can make `exe.gpj` look like `jpg.exe`. */
const BIDI_CONTROLS = '\\u202a-\\u202e\\u2066-\\u2069'
const CONTROL = /\p{Cc}/u
const UNSHOWABLE = new RegExp(`[\\p{Cc}${BIDI_CONTROLS}]`, 'gu')

const utf8 = new TextEncoder()

/**
 * Refuses a path that could leave its folder or cannot be a file name: a component that is empty, `.` or `..`, contains a
 * separator or control character, is over 255 bytes or ill-formed Unicode; a path over 4096 bytes. Names that only some
 * systems refuse (`aux.c`, a trailing dot, decomposed letters) pass: clients give the same tree the same info hash only if
 * nobody edits names, and Tabseed stores no bytes under them.
 * Errors: `path_unsafe`.
 */
export function checkPath(path: readonly string[]): void {
  if (path.length === 0) throw new AppError('path_unsafe', 'a path without a name')
  let bytes = path.length - 1
  for (const component of path) {
    bytes += checkComponent(component)
    if (bytes > PATH_MAX_BYTES) {
      throw new AppError('path_unsafe', `a path over ${PATH_MAX_BYTES} bytes: ${quote(path.join('/'))}`)
    }
  }
}

/** Checks one component; returns its length in bytes of UTF-8. */
function checkComponent(text: string): number {
  const refuse = (why: string) => new AppError('path_unsafe', `${why}: ${quote(text)}`)
  if (text === '') throw refuse('an empty name in a path')
  if (text === '.' || text === '..') throw refuse('a relative name')
  if (text.includes('/') || text.includes('\\')) throw refuse('a separator inside a name')
  if (CONTROL.test(text)) throw refuse('a control character in a name')
  if (!text.isWellFormed()) throw refuse('a name that is not well-formed Unicode')
  const bytes = utf8.encode(text).length
  if (bytes > COMPONENT_MAX_BYTES) throw refuse(`a name over ${COMPONENT_MAX_BYTES} bytes`)
  return bytes
}

/** Untrusted text for the detail of an error: visible characters only, and shortened. */
function quote(text: string): string {
  const shown = visibleName(text.slice(0, 60).toWellFormed())
  return `"${shown}${text.length > 60 ? '…' : ''}"`
}

/**
 * Refuses duplicate paths, and a file that is also the folder of another. Names are compared exactly: `a` and `A` are two
 * files. Linear in the number of components. Errors: `path_duplicate`.
 */
export function checkDistinct(paths: Iterable<readonly string[]>): void {
  // Nodes of the tree by parent and name, because joined prefixes would take time quadratic in the depth.
  const nodes = new Map<string, number>()
  const files = new Set<number>()
  const folders = new Set<number>()
  for (const path of paths) {
    let node = 0
    for (const [depth, name] of path.entries()) {
      const key = `${node}/${name}`
      node = nodes.get(key) ?? nodes.size + 1
      nodes.set(key, node)
      const isFile = depth === path.length - 1
      if (files.has(node) || (isFile && folders.has(node))) {
        throw new AppError('path_duplicate', quote(path.slice(0, depth + 1).join('/')))
      }
      const seen = isFile ? files : folders
      seen.add(node)
    }
  }
}

/** `text` for display: control characters and those that reorder others become U+FFFD. */
export function visibleName(text: string): string {
  return text.replace(UNSHOWABLE, '\ufffd')
}

/**
 * `text` as a file name for a `download` attribute: without control characters, characters that reorder others and
 * separators, and never empty or only dots.
 */
export function saveName(text: string): string {
  const name = text.toWellFormed().replace(UNSHOWABLE, '').replace(/[/\\]/g, '_')
  return /^[\s.]*$/.test(name) ? 'download' : name
}

/**
 * Files that operating systems create, in lower case: folder settings, icons (their name ends in a carriage return) and disk
 * metadata of macOS; thumbnails, folder settings and recycle bins of Windows.
 */
const JUNK_NAMES: ReadonlySet<string> = new Set([
  '.ds_store',
  '.fseventsd',
  '.spotlight-v100',
  '.trashes',
  '__macosx',
  'icon\r',
  '$recycle.bin',
  'desktop.ini',
  'ehthumbs.db',
  'system volume information',
  'thumbs.db',
])

/** True for files that nobody means to publish: `JUNK_NAMES`, all inside such a folder, and AppleDouble files (`._*`). */
export function isJunkFile(path: readonly string[]): boolean {
  return path.some(name => JUNK_NAMES.has(name.toLowerCase())) || /^\._./s.test(path.at(-1) ?? '')
}
