import { type Encodable, Encoded, encode } from './bencode.ts'
import { checkLayout } from './layout.ts'
import { checkSize, type ReadLimits, SHARE_LIMITS } from './metainfo.ts'

/** What is written of one file. */
interface SizedFile {
  /** Bytes. */
  readonly length: number
  /** Written as `attr` (BEP 47) when it is true. */
  readonly executable?: boolean | undefined
  /** Seconds since 1970, written as `mtime` when there are any. */
  readonly modified?: number | undefined
}

interface NamedFile extends SizedFile {
  readonly path: readonly string[]
}

/** Content as the info dictionary names it: one file, or a folder `name` with `files` in their final order. */
export type InfoFields = {
  readonly name: string
  /** Bytes. */
  readonly pieceLength: number
  /** SHA-1 of each piece, 20 bytes. */
  readonly pieces: Uint8Array
  /** Peers from this torrent's trackers only (BEP 27). */
  readonly private: boolean
  /** `source`, which gives torrents of the same files on several private trackers different info hashes. */
  readonly source?: string | undefined
  /** `x_cross_seed`: any text, which gives the same files a different info hash. */
  readonly crossSeed?: string | undefined
} & (
  | ({ readonly files?: never } & SizedFile)
  | {
      readonly length?: never
      readonly files: readonly NamedFile[]
    }
)

/** Fields of a `.torrent` outside of the info dictionary; they do not affect the info hash. */
export interface TorrentFields {
  /** One info dictionary, from `encodeInfo` or a `Metainfo`; written as it is. */
  readonly infoBytes: Uint8Array
  /** Tracker URLs in tiers (BEP 12). */
  readonly announceList: readonly (readonly string[])[]
  readonly comment?: string | undefined
  /** Seconds since 1970. */
  readonly creationDate?: number | null | undefined
  /** Base URLs of web seeds (BEP 19). */
  readonly webSeeds?: readonly string[] | undefined
}

/**
 * The bencoded info dictionary (BEP 3) with no more than `fields` asks for, so that its SHA-1 is that of mktorrent and
 * create-torrent for the same files in the same order. `parseMetainfo` accepts every result.
 * Errors: `metainfo_invalid`, `path_unsafe`, `path_duplicate`.
 */
export function encodeInfo(fields: InfoFields): Uint8Array<ArrayBuffer> {
  const { name, pieceLength, pieces } = fields
  const files = fields.files ?? [{ path: [name], length: fields.length }]
  checkLayout({ name, pieceLength, piecesBytes: pieces.length, files })

  const info = new Map<string, Encodable>([
    ['name', name],
    ['piece length', pieceLength],
    ['pieces', pieces],
  ])
  if (fields.files === undefined) setSizeAndAttributes(info, fields)
  else info.set('files', fields.files.map(encodableFile))
  if (fields.private) info.set('private', 1)
  if (fields.source) info.set('source', fields.source)
  if (fields.crossSeed) info.set('x_cross_seed', fields.crossSeed)
  return encode(info)
}

/**
 * A `.torrent` around `infoBytes`, with `announce` (BEP 3; the first tracker), `announce-list` (BEP 12) and `url-list`
 * (BEP 19). Reproducible: it has no program name, and a date only if one is given.
 * Errors: `metainfo_too_large`.
 */
export function encodeTorrent(
  fields: TorrentFields,
  { bytesMax }: Pick<ReadLimits, 'bytesMax'> = SHARE_LIMITS,
): Uint8Array<ArrayBuffer> {
  const { after, before } = aroundInfo(fields)
  const { infoBytes } = fields
  const length = before.length + infoBytes.length + after.length
  checkSize(length, bytesMax)
  // It may be large: copied once.
  const bytes = new Uint8Array(length)
  bytes.set(before)
  bytes.set(infoBytes, before.length)
  bytes.set(after, before.length + infoBytes.length)
  return bytes
}

/** What stands before and after the info dictionary, which may be large, by the order of the keys. */
export function aroundInfo({
  announceList,
  comment,
  creationDate,
  webSeeds,
}: Omit<TorrentFields, 'infoBytes'>): {
  readonly before: Uint8Array<ArrayBuffer>
  readonly after: Uint8Array<ArrayBuffer>
} {
  const tiers = announceList.filter(tier => tier.length > 0)
  const before = new Map<string, Encodable>()
  const first = tiers[0]?.[0]
  if (first !== undefined) before.set('announce', first).set('announce-list', tiers)
  if (comment) before.set('comment', comment)
  if (creationDate !== undefined && creationDate !== null) before.set('creation date', creationDate)
  before.set('info', new Encoded(new Uint8Array()))
  const after = new Map<string, Encodable>(webSeeds?.length ? [['url-list', webSeeds]] : [])
  // Without the end of the one dictionary and the beginning of the other, they are one.
  return { before: encode(before).subarray(0, -1), after: encode(after).subarray(1) }
}

/** Throws as `encodeTorrent` would, without copying the info dictionary, which may be large. Errors: `metainfo_too_large`. */
export function checkTorrentSize(fields: TorrentFields): void {
  const { after, before } = aroundInfo(fields)
  checkSize(before.length + fields.infoBytes.length + after.length, SHARE_LIMITS.bytesMax)
}

function encodableFile(file: NamedFile): Encodable {
  const entry = new Map<string, Encodable>([['path', file.path]])
  setSizeAndAttributes(entry, file)
  return entry
}

function setSizeAndAttributes(entry: Map<string, Encodable>, file: SizedFile): void {
  entry.set('length', file.length)
  if (file.executable) entry.set('attr', 'x')
  if (file.modified !== undefined) entry.set('mtime', file.modified)
}
