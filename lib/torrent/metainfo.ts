import { AppError } from '../base/errors.ts'
import { type Bencode, decode, type Encodable, Encoded, encode } from './bencode.ts'
import { type InfoHash, infoHashOf } from './ids.ts'
import { checkLayout, METAINFO_MAX_BYTES, PIECE_HASH_BYTES } from './layout.ts'

/** One file inside the content. `offset` is its first byte in the concatenated content; bytes. */
interface ContentFile {
  readonly path: readonly string[]
  readonly length: number
  readonly offset: number
  /** BEP 47 padding (`attr` contains `p`): bytes that belong to no file a person sees. */
  readonly padding: boolean
}

/** A checked BEP 3 version 1 metainfo file. Lengths in bytes. */
export interface Metainfo {
  readonly infoHash: InfoHash
  readonly infoBytes: Uint8Array<ArrayBuffer>
  readonly name: string
  readonly pieceLength: number
  readonly pieceCount: number
  /** 20 bytes of SHA-1 a piece. */
  readonly pieces: Uint8Array<ArrayBuffer>
  readonly length: number
  /** `path` holds the components below `name`; for a single file, `[name]`. */
  readonly files: readonly ContentFile[]
  readonly singleFile: boolean
  readonly private: boolean
  /** `source` in the info dictionary: untrusted text, or empty. */
  readonly source: string
  readonly comment: string
  /** Untrusted text, or empty. */
  readonly createdBy: string
  /** Seconds since 1970, or null. */
  readonly creationDate: number | null
  readonly announceList: readonly (readonly string[])[]
  /** `url-list` (BEP 19): untrusted text. */
  readonly webSeeds: readonly string[]
}

/** Content as the info dictionary names it: one file, or a folder `name` with `files` in their final order. */
export type InfoFields = {
  readonly name: string
  /** Bytes. */
  readonly pieceLength: number
  /** 20 bytes of SHA-1 a piece. */
  readonly pieces: Uint8Array
  /** BEP 27: peers from this torrent's trackers only. */
  readonly private: boolean
  /** `source`, by which private trackers tell torrents of the same files apart. */
  readonly source?: string | undefined
  /** Any text (`x_cross_seed`): with another one the same files have another info hash. */
  readonly crossSeed?: string | undefined
} & (
  | { readonly length: number; readonly files?: never }
  | {
      readonly length?: never
      readonly files: readonly { readonly path: readonly string[]; readonly length: number }[]
    }
)

/** What stands around an info dictionary; none of it is part of the info hash. */
export interface TorrentFields {
  /** One canonical info dictionary, from `encodeInfo` or a `Metainfo`. */
  readonly infoBytes: Uint8Array
  /** Tracker URLs in tiers (BEP 12). */
  readonly announceList: readonly (readonly string[])[]
  readonly comment?: string | undefined
  /** Seconds since 1970. */
  readonly creationDate?: number | null | undefined
  /** URLs of the same content over HTTP (BEP 19). */
  readonly webSeeds?: readonly string[] | undefined
}

/** Most tracker URLs, and most web seeds, we keep of one metainfo. */
const URLS_MAX = 100

type Dictionary = ReadonlyMap<string, Bencode>

/**
 * Reads a `.torrent` strictly: canonical bencode, a version 1 info dictionary (BEP 3; hybrids of BEP 52 pass as
 * version 1), safe and distinct paths, exactly the piece hashes the length asks for. The info hash is over the
 * info bytes as received. Unknown keys are kept in them; trackers, web seeds,
 * comment, date and the like of a wrong type are ignored. The result shares no memory with `bytes`.
 *
 * Errors: `metainfo_too_large`, `metainfo_syntax`, `metainfo_not_canonical`, `metainfo_invalid`, `path_unsafe`,
 * `path_duplicate`.
 */
export async function parseMetainfo(bytes: Uint8Array): Promise<Metainfo> {
  checkSize(bytes.length)
  const { value: top, rawEntries } = decode(bytes)
  if (!isDictionary(top)) throw invalid('it is not a dictionary')
  const info = top.get('info')
  const rawInfo = rawEntries.get('info')
  if (!isDictionary(info) || rawInfo === undefined) throw invalid('it has no info dictionary')
  if (!info.has('pieces') && info.has('meta version')) {
    throw invalid('it is for BitTorrent v2 only; make a v1 or hybrid torrent')
  }

  const name = readText(info.get('name'), 'name')
  const pieceLength = readSize(info.get('piece length'), 'piece length')
  const pieces = info.get('pieces')
  if (!(pieces instanceof Uint8Array)) throw invalid('pieces is not a byte string')
  const singleFile = info.has('length')
  if (singleFile === info.has('files')) throw invalid('it must have either length or files')
  const files = singleFile
    ? [{ path: [name], length: readSize(info.get('length'), 'length'), offset: 0, padding: false }]
    : readFiles(info.get('files'))
  const length = checkLayout({ name, pieceLength, piecesBytes: pieces.length, files })

  // Copied before the first await, so that nobody changes the bytes while they are hashed.
  const infoBytes = new Uint8Array(rawInfo)
  const metainfo = {
    infoBytes,
    name,
    pieceLength,
    pieceCount: pieces.length / PIECE_HASH_BYTES,
    pieces: new Uint8Array(pieces),
    length,
    files,
    singleFile,
    private: info.get('private') === 1,
    source: textOf(info.get('source')) ?? '',
    comment: textOf(top.get('comment')) ?? '',
    createdBy: textOf(top.get('created by')) ?? '',
    creationDate: readDate(top.get('creation date')),
    announceList: readAnnounceList(top),
    webSeeds: readWebSeeds(top),
  }
  const digest = await globalThis.crypto.subtle.digest('SHA-1', infoBytes)
  return { infoHash: infoHashOf(new Uint8Array(digest)), ...metainfo }
}

/**
 * The info dictionary with nothing in it that `fields` does not ask for, so that its SHA-1 equals what mktorrent and create-torrent
 * give for the same files in the same order. What it returns, `parseMetainfo` accepts.
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
  if (fields.files === undefined) info.set('length', fields.length)
  else info.set('files', files.map(encodableFile))
  if (fields.private) info.set('private', 1)
  if (fields.source) info.set('source', fields.source)
  if (fields.crossSeed) info.set('x_cross_seed', fields.crossSeed)
  return encode(info)
}

/**
 * A `.torrent` around `infoBytes`: BEP 3 `announce` (the first tracker), BEP 12 `announce-list`, BEP 19
 * `url-list`. Reproducible: it holds no program name, and a date only when one is given.
 * Errors: `metainfo_too_large`.
 */
export function encodeTorrent(fields: TorrentFields): Uint8Array<ArrayBuffer> {
  const tiers = fields.announceList.filter(tier => tier.length > 0)
  const torrent = new Map<string, Encodable>([['info', new Encoded(fields.infoBytes)]])
  const first = tiers[0]?.[0]
  if (first !== undefined) torrent.set('announce', first).set('announce-list', tiers)
  if (fields.comment) torrent.set('comment', fields.comment)
  const { creationDate } = fields
  if (creationDate !== undefined && creationDate !== null) torrent.set('creation date', creationDate)
  if (fields.webSeeds?.length) torrent.set('url-list', fields.webSeeds)
  const bytes = encode(torrent)
  checkSize(bytes.length)
  return bytes
}

function encodableFile(file: { path: readonly string[]; length: number }): Encodable {
  return new Map<string, Encodable>([
    ['length', file.length],
    ['path', file.path],
  ])
}

function readFiles(value: Bencode | undefined): ContentFile[] {
  if (!isList(value)) throw invalid('files is not a list')
  let offset = 0
  return value.map(entry => {
    if (!isDictionary(entry)) throw invalid('an entry of files is not a dictionary')
    const path = entry.get('path')
    if (!isList(path)) throw invalid('a file path is not a list')
    const file = {
      path: path.map(component => readText(component, 'a file path')),
      length: readSize(entry.get('length'), 'a file length'),
      offset,
      padding: textOf(entry.get('attr'))?.includes('p') ?? false,
    }
    offset += file.length
    return file
  })
}

/** Tiers of `announce-list`, or else `announce` alone (BEP 12); what is not text is left out. */
function readAnnounceList(top: Dictionary): string[][] {
  const list = top.get('announce-list')
  let room = URLS_MAX
  const readTier = (value: Bencode | undefined) => {
    const texts = isList(value) ? value.map(textOf) : []
    const urls = texts.filter((url): url is string => url !== undefined && url !== '').slice(0, room)
    room -= urls.length
    return urls
  }
  const tiers = (isList(list) ? list.map(readTier) : []).filter(tier => tier.length > 0)
  if (tiers.length > 0) return tiers
  const announce = textOf(top.get('announce'))
  return announce ? [[announce]] : []
}

/** `url-list`, which is a list, or one URL alone (BEP 19); what is not text is left out. */
function readWebSeeds(top: Dictionary): string[] {
  const value = top.get('url-list')
  const texts = isList(value) ? value.map(textOf) : [textOf(value)]
  return texts.filter((url): url is string => url !== undefined && url !== '').slice(0, URLS_MAX)
}

/** A date that JavaScript can say too, or null. */
function readDate(value: Bencode | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(new Date(value * 1000).getTime()) ? value : null
}

// A byte order mark stays: it is part of the name that was hashed.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The UTF-8 text in a byte string, or undefined. */
function textOf(value: Bencode | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined
  try {
    return utf8.decode(value)
  } catch {
    return undefined
  }
}

function readText(value: Bencode | undefined, what: string): string {
  const text = textOf(value)
  if (text === undefined) throw invalid(`${what} is not UTF-8 text`)
  return text
}

function readSize(value: Bencode | undefined, what: string): number {
  if (typeof value !== 'number' || value < 0) throw invalid(`${what} is not a size`)
  return value
}

function isDictionary(value: Bencode | undefined): value is Dictionary {
  return value instanceof Map
}

function isList(value: Bencode | undefined): value is readonly Bencode[] {
  return Array.isArray(value)
}

function checkSize(bytes: number): void {
  if (bytes > METAINFO_MAX_BYTES) {
    throw new AppError('metainfo_too_large', `${bytes} bytes, at most ${METAINFO_MAX_BYTES}`)
  }
}

function invalid(detail: string): AppError {
  return new AppError('metainfo_invalid', detail)
}
