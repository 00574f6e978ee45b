import { AppError } from '../base/errors.ts'
import { type Bencode, decode, type Irregularity, VALUES_MAX } from './bencode.ts'
import { type InfoHash, infoHashOf } from './ids.ts'
import { checkReadLayout, FILES_MAX, METAINFO_MAX_BYTES, PIECE_HASH_BYTES } from './layout.ts'
import { safeName, safePaths } from './safe-paths.ts'
import { NameReader, textOf } from './text.ts'

/** One file inside the content. `offset` is its first byte in the concatenated content; bytes. */
interface ContentFile {
  /** Where it is saved, see `safePaths`. */
  readonly path: readonly string[]
  /** What the metainfo calls it: untrusted text, for people and for web seed URLs; the same object where `path` is. */
  readonly statedPath: readonly string[]
  readonly length: number
  readonly offset: number
  /** Padding file (BEP 47: `attr` contains `p`), which people do not see. */
  readonly padding: boolean
  /** A program (BEP 47: `attr` contains `x`). */
  readonly executable: boolean
  /** When it was changed last, in seconds since 1970 (`mtime`, as libtorrent writes it), or null. */
  readonly modified: number | null
}

/** A BEP 3 version 1 metainfo file, as read. Lengths in bytes. */
export interface Metainfo {
  readonly infoHash: InfoHash
  readonly infoBytes: Uint8Array<ArrayBuffer>
  /** The file or folder it is saved as, see `safeName`. */
  readonly name: string
  /** What the metainfo calls itself: untrusted text, for people and for web seed URLs. */
  readonly statedName: string
  readonly pieceLength: number
  readonly pieceCount: number
  /** SHA-1 of each piece, 20 bytes. */
  readonly pieces: Uint8Array<ArrayBuffer>
  readonly length: number
  /** Paths hold the components below the name; of a single file, the name itself. */
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
  /** How it differs from canonical bencoding; empty for most. */
  readonly irregularities: ReadonlySet<Irregularity>
  /**
   * Of an encrypted share that its key has opened: `name` and `files` are those inside, and some bytes of the content, before and
   * behind them, belong to no file. Pieces and their hashes are those of the encrypted bytes.
   */
  readonly sealed?: Sealed
}

/** Bytes that are read when they are needed; `size` in bytes. */
export interface ByteSource {
  readonly size: number
  /** Bytes [start, end). Errors: those of the files behind it, as browsers throw them. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>
}

/** Bytes [start, end) of something, as a stream. */
type ReadStream = (start: number, end: number) => ReadableStream<Uint8Array<ArrayBuffer>>

/** How the bytes of an opened share become those that people see, and back. Made in `lib/encryption/`. */
export interface Sealed {
  /** The share as everybody has it: one file of a neutral name. */
  readonly outside: Metainfo
  /** Texts of the publisher, or empty. */
  readonly title: string
  readonly description: string
  /**
   * Bytes [start, end) of file `index`, decrypted and checked; `read` gives encrypted bytes of the content. Errors:
   * `content_forged`, and those of `read`.
   */
  open(
    index: number,
    range: { readonly start: number; readonly end: number },
    read: ReadStream,
  ): ReadableStream<Uint8Array<ArrayBuffer>>
  /** The encrypted content, made whenever bytes of it are read. `plain`: the files inside, one after the other. */
  seal(plain: ByteSource): ByteSource
  /** With it a worker does the same. */
  readonly job: SealJob
}

/** What seals the content of one share; can be sent to a worker. Lengths in bytes. */
export interface SealJob {
  /** What all keys are derived from; 32 bytes. */
  readonly root: Uint8Array<ArrayBuffer>
  /** What is before the files. */
  readonly head: Uint8Array<ArrayBuffer>
  /** Of one SHA-256 in the manifest. */
  readonly chunkLength: number
  /** Of all files inside. */
  readonly plainLength: number
  /** With head and padding. */
  readonly length: number
}

/** How much is read of one metainfo. */
export interface ReadLimits {
  readonly bytesMax: number
  readonly filesMax: number
}

/** For what comes from strangers: published shares, peers. */
export const SHARE_LIMITS: ReadLimits = { bytesMax: METAINFO_MAX_BYTES, filesMax: FILES_MAX }

/** For a file that somebody chose on their own computer. */
export const LOCAL_LIMITS: ReadLimits = { bytesMax: 64 * 1024 * 1024, filesMax: 1_000_000 }

/** Bencoded values a file entry takes: itself, its length, its path, and components. */
const VALUES_PER_FILE = VALUES_MAX / FILES_MAX

/** Most tracker URLs, and most web seeds, that are read of one metainfo file. */
const URLS_MAX = 100

type Dictionary = ReadonlyMap<string, Bencode>

/**
 * Reads a `.torrent` of any program: a version 1 info dictionary (BEP 3; hybrids of BEP 52 pass as version 1) with
 * exactly the piece hashes its length asks for. Lenient in all else: irregular bencoding (see `decode`), names in other
 * encodings, names that cannot be saved, any piece length that fits in memory. `name` and `path` are always safe to
 * save under. The info hash is over the info bytes as received, and they keep every key. Trackers, web seeds, comment,
 * date and the like of a wrong type are ignored. The result shares no memory with `bytes`.
 *
 * Errors: `metainfo_too_large`, `metainfo_syntax`, `metainfo_invalid`.
 */
export async function parseMetainfo(bytes: Uint8Array, limits: ReadLimits = SHARE_LIMITS): Promise<Metainfo> {
  checkSize(bytes.length, limits.bytesMax)
  const {
    value: top,
    rawEntries,
    irregularities,
  } = decode(bytes, {
    valuesMax: limits.filesMax * VALUES_PER_FILE,
  })
  if (!isDictionary(top)) throw invalid('it is not a dictionary')
  const info = top.get('info')
  const rawInfo = rawEntries.get('info')
  if (!isDictionary(info) || rawInfo === undefined) throw invalid('it has no info dictionary')
  if (!info.has('pieces') && info.has('meta version')) {
    throw invalid('it is for BitTorrent v2 only; make a v1 or hybrid torrent')
  }

  const names = new NameReader(
    top.get('encoding') ?? info.get('encoding'),
    top.get('codepage') ?? info.get('codepage'),
  )
  const statedName = textOf(info.get('name.utf-8')) ?? names.read(info.get('name'))
  if (statedName === undefined) throw invalid('name is not a byte string')
  const name = safeName(statedName)
  const pieceLength = readSize(info.get('piece length'), 'piece length')
  const pieces = info.get('pieces')
  if (!(pieces instanceof Uint8Array)) throw invalid('pieces is not a byte string')
  // Both stand in some torrents of one file in a folder; a list says more.
  const singleFile = !info.has('files')
  const files = singleFile
    ? [readSingleFile(info, name, statedName)]
    : readFiles(info.get('files'), names, limits.filesMax)
  const length = checkReadLayout({ pieceLength, piecesBytes: pieces.length, files })

  // Copied before the first await, so that the caller cannot change the bytes while they are hashed.
  const infoBytes = new Uint8Array(rawInfo)
  const metainfo = {
    infoBytes,
    name,
    statedName,
    pieceLength,
    pieceCount: pieces.length / PIECE_HASH_BYTES,
    pieces: new Uint8Array(pieces),
    length,
    files,
    singleFile,
    private: info.get('private') === 1,
    source: textOf(info.get('source')) ?? '',
    comment: textOf(top.get('comment.utf-8')) ?? names.read(top.get('comment')) ?? '',
    createdBy: textOf(top.get('created by')) ?? '',
    creationDate: readDate(top.get('creation date')),
    announceList: readAnnounceList(top),
    webSeeds: readWebSeeds(top),
    irregularities,
  }
  const digest = await globalThis.crypto.subtle.digest('SHA-1', infoBytes)
  return { infoHash: infoHashOf(new Uint8Array(digest)), ...metainfo }
}

function readSingleFile(info: Dictionary, name: string, statedName: string): ContentFile {
  const path = [name]
  return {
    path,
    statedPath: name === statedName ? path : [statedName],
    length: readSize(info.get('length'), 'length'),
    offset: 0,
    padding: false,
    ...readAttributes(info),
  }
}

function readFiles(value: Bencode | undefined, names: NameReader, filesMax: number): ContentFile[] {
  if (!isList(value)) throw invalid('files is not a list')
  if (value.length > filesMax) throw new AppError('metainfo_too_large', `more than ${filesMax} files`)
  let offset = 0
  const files = value.map(entry => {
    if (!isDictionary(entry)) throw invalid('an entry of files is not a dictionary')
    const path = readPath(entry, names)
    const file = {
      path,
      length: readSize(entry.get('length'), 'a file length'),
      offset,
      padding: (textOf(entry.get('attr'))?.includes('p') ?? false) || isPaddingPath(path),
      ...readAttributes(entry),
    }
    offset += file.length
    return file
  })
  const safe = safePaths(files)
  return files.map((file, index) => ({ ...file, path: safe[index] ?? file.path, statedPath: file.path }))
}

function readPath(entry: Dictionary, names: NameReader): string[] {
  const utf8 = entry.get('path.utf-8')
  const path = entry.get('path')
  if (isList(utf8)) {
    const components = utf8.map(textOf)
    if (components.length > 0 && components.every(text => text !== undefined)) return components
  }
  if (!isList(path)) throw invalid('a file path is not a list')
  return path.map(component => {
    const text = names.read(component)
    if (text === undefined) throw invalid('a file path holds something that is not a byte string')
    return text
  })
}

function readAttributes(entry: Dictionary): Pick<ContentFile, 'executable' | 'modified'> {
  return {
    executable: textOf(entry.get('attr'))?.includes('x') ?? false,
    modified: readDate(entry.get('mtime')),
  }
}

/** Padding of programs that came before BEP 47, known by its name. */
function isPaddingPath(path: readonly string[]): boolean {
  return (
    path.at(-1)?.startsWith('_____padding_file_') === true ||
    (path.at(-2) === '.pad' && /^\d+$/.test(path.at(-1) ?? ''))
  )
}

/** Tiers of `announce-list`, else `announce` alone (BEP 12); values that are not text are left out. */
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

/** `url-list`, which is a list or one URL (BEP 19); values that are not text are left out. */
function readWebSeeds(top: Dictionary): string[] {
  const value = top.get('url-list')
  const texts = isList(value) ? value.map(textOf) : [textOf(value)]
  return texts.filter((url): url is string => url !== undefined && url !== '').slice(0, URLS_MAX)
}

/** A date within the range of JavaScript's `Date`, or null. */
function readDate(value: Bencode | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(new Date(value * 1000).getTime()) ? value : null
}

function readSize(value: Bencode | undefined, what: string): number {
  if (typeof value !== 'number' || value < 0 || !Number.isSafeInteger(value))
    throw invalid(`${what} is not a size`)
  return value
}

function isDictionary(value: Bencode | undefined): value is Dictionary {
  return value instanceof Map
}

function isList(value: Bencode | undefined): value is readonly Bencode[] {
  return Array.isArray(value)
}

export function checkSize(bytes: number, bytesMax: number): void {
  if (bytes > bytesMax) throw new AppError('metainfo_too_large', `${bytes} bytes, at most ${bytesMax}`)
}

function invalid(detail: string): AppError {
  return new AppError('metainfo_invalid', detail)
}
