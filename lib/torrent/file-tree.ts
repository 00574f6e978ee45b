/** A file of the tree; `length` in bytes. It is identified by its index in the list. */
export interface ListedFile {
  readonly path: readonly string[]
  readonly length: number
}

interface FileNode {
  readonly kind: 'file'
  readonly name: string
  readonly index: number
  readonly length: number
}

export interface FolderNode {
  readonly kind: 'folder'
  readonly name: string
  /** Path from the top, joined by `/`; unique among folders. */
  readonly path: string
  readonly length: number
  /** Indexes of all files below. */
  readonly indexes: readonly number[]
  readonly children: readonly TreeNode[]
}

export type TreeNode = FileNode | FolderNode

/** A node as a row of the list; `depth` is 0 at the top. */
export interface TreeRow {
  readonly node: TreeNode
  readonly depth: number
}

/** Order of file managers: folders first, `2` before `10`, case and accents compared last. */
const collator = new Intl.Collator(undefined, { numeric: true })
const byNature = (a: TreeNode, b: TreeNode) =>
  a.kind === b.kind ? collator.compare(a.name, b.name) : a.kind === 'folder' ? -1 : 1

interface Entry {
  readonly file: ListedFile
  readonly index: number
}

/** The tree of `files`, or of those at `indexes`; each level sorted as in a file manager. */
export function buildTree(files: readonly ListedFile[], indexes?: readonly number[]): TreeNode[] {
  const entries = indexes
    ? indexes.flatMap(index => (files[index] ? { file: files[index], index } : []))
    : files.map((file, index) => ({ file, index }))
  return level(entries, 0, '')
}

/** `text` for comparing: without case, accents and forms of width, as people type it. */
const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()

/**
 * Indexes of the files whose path has every word of `query` in it, whatever case and accents are; null for a query without words.
 * Returns a function, because the paths are folded once for all queries.
 */
export function fileSearch(files: readonly ListedFile[]): (query: string) => number[] | null {
  let paths: readonly string[] | undefined
  return query => {
    const words = folded(query).split(/\s+/).filter(Boolean)
    if (words.length === 0) return null
    paths ??= files.map(({ path }) => folded(path.join('/')))
    return paths.flatMap((path, index) => (words.every(word => path.includes(word)) ? index : []))
  }
}

function level(entries: readonly Entry[], depth: number, prefix: string): TreeNode[] {
  const nodes: TreeNode[] = []
  const folders = new Map<string, Entry[]>()
  for (const entry of entries) {
    const name = entry.file.path[depth] ?? ''
    if (depth === entry.file.path.length - 1) {
      nodes.push({ kind: 'file', name, index: entry.index, length: entry.file.length })
    } else {
      const folder = folders.get(name)
      if (folder) folder.push(entry)
      else folders.set(name, [entry])
    }
  }
  for (const [name, inside] of folders) {
    const path = `${prefix}${name}`
    nodes.push({
      kind: 'folder',
      name,
      path,
      length: inside.reduce((sum, { file }) => sum + file.length, 0),
      indexes: inside.map(({ index }) => index),
      children: level(inside, depth + 1, `${path}/`),
    })
  }
  return nodes.sort(byNature)
}

/** Rows to show, from top to bottom; the contents of a folder only if `isOpen` returns true for it. */
export function visibleRows(
  nodes: readonly TreeNode[],
  isOpen: (folder: FolderNode) => boolean,
  depth = 0,
): TreeRow[] {
  return nodes.flatMap(node => {
    const row: TreeRow = { node, depth }
    return node.kind === 'folder' && isOpen(node)
      ? [row, ...visibleRows(node.children, isOpen, depth + 1)]
      : [row]
  })
}

/** Files in the order in which a list with all folders open has them. */
export function inListOrder<File extends ListedFile>(files: readonly File[]): File[] {
  return visibleRows(buildTree(files), () => true).flatMap(({ node }) =>
    node.kind === 'file' ? (files[node.index] ?? []) : [],
  )
}
