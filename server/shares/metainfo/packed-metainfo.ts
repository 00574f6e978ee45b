import type { Metainfo } from '../../../lib/torrent/metainfo.ts'

/**
 * What is needed of a metainfo to serve and check its files, in a few arrays: 100,000 files pass from thread to thread in a
 * millisecond, and are no objects that memory has to hold.
 */
export interface PackedMetainfo
  extends Pick<
    Metainfo,
    'infoHash' | 'name' | 'statedName' | 'singleFile' | 'length' | 'pieceLength' | 'pieceCount' | 'pieces'
  > {
  readonly table: FileTable
}

/** Files in metainfo order. */
interface FileTable {
  /** Byte of the content after each file. */
  readonly ends: Float64Array<ArrayBuffer>
  /** 1 for padding (BEP 47). */
  readonly padding: Uint8Array<ArrayBuffer>
  /** The components of all stated paths, one after the other; UTF-8, which moves to another thread without being copied. */
  readonly text: Uint8Array<ArrayBuffer>
  /** Where in `text` each component ends, and how many components there are up to each file. */
  readonly componentEnds: Uint32Array<ArrayBuffer>
  readonly pathEnds: Uint32Array<ArrayBuffer>
  /** What each file is saved as, one after the other, and where in it each ends. */
  readonly names: Uint8Array<ArrayBuffer>
  readonly nameEnds: Uint32Array<ArrayBuffer>
  /** All files by their full path, then content before padding, then in order. */
  readonly byPath: Uint32Array<ArrayBuffer>
}

/** Takes up to half a second for the most files. */
export function packMetainfo(metainfo: Metainfo): PackedMetainfo {
  const { files, infoHash, length, name, pieceCount, pieceLength, pieces, singleFile, statedName } = metainfo
  const components = joined(files.flatMap(({ statedPath }) => statedPath))
  const names = joined(files.map(({ path }) => path.at(-1) ?? ''))
  const paths = files.map(({ statedPath }) => fullPath(metainfo, statedPath))
  const isPadding = (index: number) => Number(files[index]?.padding)
  const byPath = Uint32Array.from(files.keys()).sort(
    (a, b) => compare(paths[a] ?? '', paths[b] ?? '') || isPadding(a) - isPadding(b) || a - b,
  )
  return {
    ...{ infoHash, length, name, pieceCount, pieceLength, pieces, singleFile, statedName },
    table: {
      ends: Float64Array.from(files, file => file.offset + file.length),
      padding: Uint8Array.from(files, ({ padding }) => Number(padding)),
      text: components.bytes,
      componentEnds: components.ends,
      pathEnds: endsOf(files.map(({ statedPath }) => statedPath)),
      names: names.bytes,
      nameEnds: names.ends,
      byPath,
    },
  }
}

/** What moves to another thread without being copied. */
export const buffersOf = ({ pieces, table }: PackedMetainfo): ArrayBuffer[] =>
  [pieces, ...Object.values(table)].map(({ buffer }) => buffer)

/** One file; texts are cut out when they are asked for. */
export class PackedFile {
  readonly index: number
  readonly #table: FileTable

  constructor(table: FileTable, index: number) {
    this.#table = table
    this.index = index
  }

  /** Bytes. */
  get offset(): number {
    return this.#table.ends[this.index - 1] ?? 0
  }

  get length(): number {
    return (this.#table.ends[this.index] ?? 0) - this.offset
  }

  get padding(): boolean {
    return this.#table.padding[this.index] === 1
  }

  /** What it is saved as. */
  get name(): string {
    const { nameEnds, names } = this.#table
    return textOf(names, nameEnds[this.index - 1], nameEnds[this.index])
  }

  /** What the metainfo calls it: untrusted text. */
  get statedPath(): readonly string[] {
    const { componentEnds, pathEnds, text } = this.#table
    const path: string[] = []
    for (let at = pathEnds[this.index - 1] ?? 0; at < (pathEnds[this.index] ?? 0); at++)
      path.push(textOf(text, componentEnds[at - 1], componentEnds[at]))
    return path
  }
}

/** The files of a packed metainfo, as a list. */
export class PackedFiles {
  readonly #metainfo: PackedMetainfo

  constructor(metainfo: PackedMetainfo) {
    this.#metainfo = metainfo
  }

  get length(): number {
    return this.#metainfo.table.ends.length
  }

  at(index: number): PackedFile | undefined {
    return index >= 0 && index < this.length ? new PackedFile(this.#metainfo.table, index) : undefined
  }

  *[Symbol.iterator](): Generator<PackedFile> {
    for (let index = 0; index < this.length; index++) yield new PackedFile(this.#metainfo.table, index)
  }

  /** The file at `path` (BEP 19: `name` or `name/dir/file`). Of several, the first that is no padding. */
  find(path: string): PackedFile | undefined {
    const { byPath } = this.#metainfo.table
    const fileAt = (place: number) => this.at(byPath[place] ?? -1)
    const pathAt = (place: number) => fullPath(this.#metainfo, fileAt(place)?.statedPath ?? [])
    let low = 0
    let high = byPath.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compare(pathAt(middle), path) < 0) low = middle + 1
      else high = middle
    }
    return low < byPath.length && pathAt(low) === path ? fileAt(low) : undefined
  }
}

function fullPath(
  { singleFile, statedName }: Pick<Metainfo, 'singleFile' | 'statedName'>,
  statedPath: readonly string[],
): string {
  return singleFile ? statedName : `${statedName}/${statedPath.join('/')}`
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder('utf-8', { ignoreBOM: true }) }

/** Texts one after the other, and the byte at which each ends. */
function joined(texts: readonly string[]) {
  const parts = texts.map(text => utf8.encoder.encode(text))
  const ends = endsOf(parts)
  const bytes = new Uint8Array(ends.at(-1) ?? 0)
  for (const [index, part] of parts.entries()) bytes.set(part, ends[index - 1] ?? 0)
  return { bytes, ends }
}

const textOf = (bytes: Uint8Array, start = 0, end = 0): string =>
  utf8.decoder.decode(bytes.subarray(start, end))

/** Where each of `parts` ends when they follow each other. */
function endsOf(parts: readonly { readonly length: number }[]): Uint32Array<ArrayBuffer> {
  let end = 0
  return Uint32Array.from(parts, ({ length }) => {
    end += length
    return end
  })
}
