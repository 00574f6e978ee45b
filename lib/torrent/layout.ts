import { AppError } from '../base/errors.ts'
import { checkDistinct, checkPath } from './paths.ts'

/** Shortest piece length, in bytes: the usual block size of requests (BEP 3). */
export const PIECE_LENGTH_MIN = 16 * 1024

/** Longest piece we make, in bytes. */
export const PIECE_LENGTH_MAX = 64 * 1024 * 1024

/** Longest piece we read: one is held in memory whole while it is hashed; bytes. */
const PIECE_LENGTH_READ_MAX = 256 * 1024 * 1024

/** Largest `.torrent` that is published, in bytes. */
export const METAINFO_MAX_BYTES = 8 * 1024 * 1024

/** Most files in one share. */
export const FILES_MAX = 100_000

/** Bytes of one SHA-1 digest in `pieces`. */
export const PIECE_HASH_BYTES = 20

/** What an info dictionary claims about its content, before it is checked. Lengths in bytes. */
export interface Layout {
  readonly name: string
  readonly pieceLength: number
  /** Size of the concatenated piece hashes, in bytes. */
  readonly piecesBytes: number
  readonly files: readonly {
    readonly path: readonly string[]
    readonly length: number
    readonly padding?: boolean
  }[]
}

/**
 * The rules for every info dictionary we write (BEP 3, our limits); returns the total length in bytes. BEP 47 padding
 * files may repeat a path, as clients name them by their length.
 * Errors: `metainfo_invalid`, `path_unsafe`, `path_duplicate`.
 */
export function checkLayout({ name, pieceLength, piecesBytes, files }: Layout): number {
  if (files.length > FILES_MAX) throw invalid(`more than ${FILES_MAX} files`)
  if (!isPieceLength(pieceLength))
    throw invalid('the piece length is not a power of two from 16 KiB to 64 MiB')
  checkPath([name])
  for (const file of files) checkPath(file.path)
  checkDistinct(files.filter(file => file.padding !== true).map(file => file.path))
  return checkAmounts({ pieceLength, piecesBytes, files })
}

/** The rules for every info dictionary we read; returns the total length in bytes. Errors: `metainfo_invalid`. */
export function checkReadLayout(layout: Omit<Layout, 'name'>): number {
  const { pieceLength } = layout
  if (pieceLength < 1 || pieceLength > PIECE_LENGTH_READ_MAX)
    throw invalid(`a piece length of ${pieceLength} bytes; at most ${PIECE_LENGTH_READ_MAX} can be read`)
  return checkAmounts(layout)
}

function checkAmounts({ pieceLength, piecesBytes, files }: Omit<Layout, 'name'>): number {
  let length = 0
  for (const file of files) {
    if (!Number.isSafeInteger(file.length) || file.length < 0) throw invalid('a file length is not a size')
    length += file.length
    if (length > Number.MAX_SAFE_INTEGER) throw invalid('the content is longer than 2^53 - 1 bytes')
  }
  if (length === 0) throw invalid('the content is empty (0 bytes)')
  const pieceCount = Math.ceil(length / pieceLength)
  if (piecesBytes !== pieceCount * PIECE_HASH_BYTES) {
    throw invalid(
      `${length} bytes need ${pieceCount} piece hashes of 20 bytes, there are ${piecesBytes} bytes`,
    )
  }
  return length
}

function isPieceLength(bytes: number): boolean {
  return bytes >= PIECE_LENGTH_MIN && bytes <= PIECE_LENGTH_MAX && Number.isInteger(Math.log2(bytes))
}

function invalid(detail: string): AppError {
  return new AppError('metainfo_invalid', detail)
}
