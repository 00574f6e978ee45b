import { COMPONENT_MAX_BYTES, PATH_MAX_BYTES } from './paths.ts'

/** Separators on any system, and control characters: none can stand in a file name everywhere we save files. */
const FORBIDDEN = /[/\\\p{Cc}]/gu

/**
 * Folders in which unfinished downloads and repairs lie, as any disk may spell them. A share with one could plant a download
 * of its own making for whoever downloads something else beside it.
 */
const OURS = /^\.(?=tabseed(?:-repair)?[. ]*$)/i

/** A file's extension is kept when its name has to be shortened, as long as it is one people use; in characters. */
const EXTENSION_MAX = 16

/** Replaces a name of which no usable character is left. */
const NAMELESS = '_'

const utf8 = new TextEncoder()

interface NamedFile {
  readonly path: readonly string[]
  /** Padding is never saved and needs no place of its own. */
  readonly padding: boolean
}

/**
 * Where each file is saved below the share's folder: its own path wherever that can be one, else a path like it. No
 * component is empty, `.` or `..`, holds a separator or a control character, or is over 255 bytes of UTF-8; no path is
 * over 4096 bytes, stands twice, or is also the folder of another; none is that of our own downloads (`.tabseed`). Names that only some systems dislike (`aux.c`, a
 * trailing dot) stay, so that a copy made by another program is found under them. Linear in the number of components;
 * a path that needs no change is returned as the same object.
 */
export function safePaths(files: readonly NamedFile[]): (readonly string[])[] {
  const tree = new PathTree()
  const safe = files.map(({ path }) => safePath(path))
  // Paths that need no change get their places first: what is renamed makes way for them.
  const order = [...files.keys()].sort((a, b) => Number(isRenamed(a)) - Number(isRenamed(b)))
  for (const index of order) {
    if (files[index]?.padding) continue
    safe[index] = tree.place(safe[index] ?? [NAMELESS])
  }
  return safe

  function isRenamed(index: number): boolean {
    return safe[index] !== files[index]?.path
  }
}

/** One name for a file or folder, by the same rules. */
export function safeName(text: string): string {
  const name = text.toWellFormed().replace(FORBIDDEN, '_').replace(OURS, '_')
  if (name === '' || name === '.' || name === '..') return NAMELESS
  return shorten(name, COMPONENT_MAX_BYTES)
}

function safePath(path: readonly string[]): readonly string[] {
  const safe = path.map(safeName)
  if (safe.length === 0) return [NAMELESS]
  const bytes = safe.reduce((sum, name) => sum + utf8.encode(name).length + 1, -1)
  // Folders nest too deep for any system: the file goes to the top.
  if (bytes > PATH_MAX_BYTES) return safe.slice(-1)
  return safe.every((name, at) => name === path[at]) ? path : safe
}

/** `name` in at most `bytesMax` bytes of UTF-8: cut before its extension, never inside a character. */
function shorten(name: string, bytesMax: number): string {
  // Most names are short, and no UTF-16 unit takes more than three bytes.
  if (name.length * 3 <= bytesMax || utf8.encode(name).length <= bytesMax) return name
  const [extension = ''] = new RegExp(`\\.[^.\\s]{1,${EXTENSION_MAX}}$`, 'u').exec(name) ?? []
  let room = bytesMax - utf8.encode(extension).length
  let stem = ''
  for (const character of name.slice(0, name.length - extension.length)) {
    room -= utf8.encode(character).length
    if (room < 0) break
    stem += character
  }
  return `${stem}${extension}`
}

/** `name` with ` (number)` before its extension, in at most 255 bytes of UTF-8. */
function numbered(name: string, number: number): string {
  const [extension = ''] = /(?<=.)\.[^.\s]{1,16}$/u.exec(name) ?? []
  const mark = ` (${number})`
  const stem = shorten(
    name.slice(0, name.length - extension.length),
    COMPONENT_MAX_BYTES - mark.length - extension.length * 4,
  )
  return `${stem}${mark}${extension}`
}

/** The tree of places that are taken. Joined prefixes would cost the square of the depth, so nodes have numbers. */
class PathTree {
  readonly #nodes = new Map<string, number>()
  readonly #files = new Set<number>()
  readonly #folders = new Set<number>()
  /** How often a place was wanted again, so that a thousand files of one name take a thousand steps. */
  readonly #again = new Map<number, number>()

  /** Take `path`, or one like it when that is taken. */
  place(path: readonly string[]): readonly string[] {
    let placed: string[] | null = null
    let parent = 0
    for (const [depth, name] of path.entries()) {
      const isFile = depth === path.length - 1
      const [node, used] = this.#take(parent, name, isFile)
      if (used !== name) {
        placed ??= [...path]
        placed[depth] = used
      }
      parent = node
    }
    return placed ?? path
  }

  #take(parent: number, name: string, isFile: boolean): [node: number, name: string] {
    const wanted = this.#node(parent, name)
    if (this.#claim(wanted, isFile)) return [wanted, name]
    for (let number = this.#again.get(wanted) ?? 1; ; number++) {
      const other = numbered(name, number)
      const node = this.#node(parent, other)
      if (!this.#claim(node, isFile)) continue
      // Folders of one path go to one place.
      if (isFile) this.#again.set(wanted, number + 1)
      return [node, other]
    }
  }

  #node(parent: number, name: string): number {
    const key = `${parent}/${name}`
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    const node = this.#nodes.size + 1
    this.#nodes.set(key, node)
    return node
  }

  /** A folder may be taken many times, a file once. */
  #claim(node: number, isFile: boolean): boolean {
    if (this.#files.has(node) || (isFile && this.#folders.has(node))) return false
    const taken = isFile ? this.#files : this.#folders
    taken.add(node)
    return true
  }
}
