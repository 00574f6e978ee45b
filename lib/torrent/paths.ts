import { AppError } from '../base/errors.ts'

/** Longest path component on the common file systems, in bytes of UTF-8. */
const COMPONENT_MAX_BYTES = 255

/** Longest path (Linux PATH_MAX), in bytes of UTF-8 with its separators. */
const PATH_MAX_BYTES = 4096

/** Bidi embeddings, overrides and isolates: they can make `exe.gpj` read as `jpg.exe` (UAX #9). */
const BIDI_CONTROLS = '\\u202a-\\u202e\\u2066-\\u2069'
const CONTROL = /\p{Cc}/u
const UNSHOWABLE = new RegExp(`[\\p{Cc}${BIDI_CONTROLS}]`, 'gu')

const utf8 = new TextEncoder()

/**
 * Refuses a path that could leave its folder or cannot be a file name: a component that is empty, `.`, `..`,
 * holds a separator or control character, is over 255 bytes, or is ill-formed text; a path over 4096 bytes.
 * Names that only some systems dislike (`aux.c`, a trailing dot, decomposed letters) pass: clients give the
 * same tree the same info hash only if nobody edits names, and nothing of ours stores bytes under them.
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

/** Checks one component; its length in bytes of UTF-8. */
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

/** Untrusted text for an error's detail: shown safely, and not all of it. */
function quote(text: string): string {
  const shown = visibleName(text.slice(0, 60).toWellFormed())
  return `"${shown}${text.length > 60 ? '…' : ''}"`
}

/**
 * Refuses a path that comes twice and a file that is also a folder of another. Names are compared as they are:
 * `a` and `A` are two files. Linear in the number of components. Errors: `path_duplicate`.
 */
export function checkDistinct(paths: Iterable<readonly string[]>): void {
  // Nodes of the tree by parent and name; joined prefixes would cost the square of the depth.
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

/** `text` for people to read: characters that hide or reorder others are U+FFFD. */
export function visibleName(text: string): string {
  return text.replace(UNSHOWABLE, '\ufffd')
}

/**
 * `text` as a file name to offer in a `download` attribute: without characters that hide or reorder others,
 * without separators, and never empty or only dots.
 */
export function saveName(text: string): string {
  const name = text.toWellFormed().replace(UNSHOWABLE, '').replace(/[/\\]/g, '_')
  return /^[\s.]*$/.test(name) ? 'download' : name
}

/**
 * What file managers leave behind: macOS folder settings, icons (their name ends in a carriage return) and disk
 * housekeeping; Windows thumbnails, folder settings and bins. In lower case.
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

/** True for files nobody means to publish: known leavings, all inside such a folder, and AppleDouble `._*`. */
export function isJunkFile(path: readonly string[]): boolean {
  return path.some(name => JUNK_NAMES.has(name.toLowerCase())) || /^\._./s.test(path.at(-1) ?? '')
}
