import { AppError } from '../base/errors.ts'
import { FILES_MAX } from '../torrent/layout.ts'
import { choosePieceLength } from '../torrent/piece-length.ts'
import { encodeIndex, type PlainContent, type PlainFile } from './content-index.ts'
import { HEADER_BYTES } from './header.ts'
import { padme } from './padme.ts'

/** Bytes of a SHA-256 digest. */
export const HASH_BYTES = 32

/** Bytes of the tag of AES-GCM. */
const TAG_BYTES = 16

/** The index, which has the names, at most; bytes. The hashes take at most another 8 MiB. */
export const INDEX_MAX_BYTES = 16 * 1024 * 1024

/** Before the index stands its length. */
export const INDEX_LENGTH_BYTES = 4

/** Every file is hashed in chunks of this many bytes, of which larger shares have fewer and longer ones. */
const CHUNK_LENGTH = { least: 1024 * 1024, most: 16 * 1024 * 1024 }
const CHUNKS_WANTED_MAX = 2 ** 18

/** A file and where it is: its first byte in the content, and the number of its first chunk. */
export interface PlacedFile extends PlainFile {
  readonly offset: number
  readonly firstChunk: number
}

/** The content, placed. Lengths in bytes. */
export interface PlacedContent extends PlainContent {
  readonly files: readonly PlacedFile[]
  /** Of all files. */
  readonly contentLength: number
  /** Each file's chunks begin with its first byte; the last one of a file may be short. */
  readonly chunkLength: number
  readonly chunkCount: number
}

/** How a share looks from outside, known before a byte is hashed. Lengths in bytes. */
export interface EncryptedPlan extends PlacedContent {
  readonly index: Uint8Array<ArrayBuffer>
  /** Header and manifest end, and the content begins, here: on a piece boundary. */
  readonly contentStart: number
  readonly pieceLength: number
  /** Of all, with the zeros at the end. */
  readonly length: number
}

/** Places files and counts chunks. Errors: `metainfo_too_large` (over 100,000 files or 4 TiB). */
export function placeContent(content: PlainContent): PlacedContent {
  if (content.files.length > FILES_MAX) {
    throw new AppError('metainfo_too_large', `${content.files.length} files, at most ${FILES_MAX}`)
  }
  const chunkLength = chunkLengthFor(content.files)
  let offset = 0
  let firstChunk = 0
  const files = content.files.map(file => {
    const placed = { ...file, offset, firstChunk }
    offset += file.length
    firstChunk += Math.ceil(file.length / chunkLength)
    return placed
  })
  return { ...content, files, contentLength: offset, chunkLength, chunkCount: firstChunk }
}

/**
 * The share that `content` makes. Piece length and length say nothing but the rough size: neither depends on what kind of files
 * it has. Errors: `metainfo_too_large` (over 100,000 files, 4 TiB, or 16 MiB of names), `path_unsafe`, `path_duplicate`.
 */
export function planEncrypted(content: PlainContent): EncryptedPlan {
  const placed = placeContent(content)
  const index = encodeIndex(content)
  if (index.length > INDEX_MAX_BYTES) {
    throw new AppError('metainfo_too_large', `${index.length} bytes of names, at most ${INDEX_MAX_BYTES}`)
  }
  const head = HEADER_BYTES + INDEX_LENGTH_BYTES + index.length + placed.chunkCount * HASH_BYTES + TAG_BYTES
  let pieceLength = choosePieceLength(padme(head + placed.contentLength), [])
  for (;;) {
    const contentStart = Math.ceil(head / pieceLength) * pieceLength
    const length = padme(contentStart + placed.contentLength)
    const needed = choosePieceLength(length, [])
    // The rounding itself may have made it too long for pieces of this length.
    if (needed <= pieceLength) return { ...placed, index, contentStart, pieceLength, length }
    pieceLength = needed
  }
}

/** The shortest power of two from 1 MiB on with which there are few enough chunks for a manifest. */
function chunkLengthFor(files: readonly PlainFile[]): number {
  for (let length = CHUNK_LENGTH.least; length <= CHUNK_LENGTH.most; length *= 2) {
    const count = files.reduce((sum, file) => sum + Math.ceil(file.length / length), 0)
    if (count <= CHUNKS_WANTED_MAX) return length
  }
  throw new AppError('metainfo_too_large', 'an encrypted share has at most 4 TiB')
}

/** The chunks of `file` that hold its bytes [start, end): first to (without) last, of all chunks of the share. */
export function chunksOf(
  { firstChunk }: PlacedFile,
  chunkLength: number,
  start: number,
  end: number,
): { readonly first: number; readonly end: number } {
  if (end <= start) return { first: firstChunk, end: firstChunk }
  return {
    first: firstChunk + Math.floor(start / chunkLength),
    end: firstChunk + Math.ceil(end / chunkLength),
  }
}
