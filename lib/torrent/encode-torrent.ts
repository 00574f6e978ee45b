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
  const tiers = fields.announceList.filter(tier => tier.length > 0)
  const torrent = new Map<string, Encodable>([['info', new Encoded(fields.infoBytes)]])
  const first = tiers[0]?.[0]
  if (first !== undefined) torrent.set('announce', first).set('announce-list', tiers)
  if (fields.comment) torrent.set('comment', fields.comment)
  const { creationDate } = fields
  if (creationDate !== undefined && creationDate !== null) torrent.set('creation date', creationDate)
  if (fields.webSeeds?.length) torrent.set('url-list', fields.webSeeds)
  const bytes = encode(torrent)
  checkSize(bytes.length, bytesMax)
  return bytes
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
