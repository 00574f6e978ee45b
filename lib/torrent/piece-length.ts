import { AppError } from '../base/errors.ts'
import { METAINFO_MAX_BYTES, PIECE_HASH_BYTES, PIECE_LENGTH_MAX } from './layout.ts'

const MiB = 1024 ** 2
const GiB = 1024 ** 3

/** Number of pieces to aim for in a small share: enough for peers to exchange and for a piece map. */
const PIECES_WANTED = 1024

/** Shortest piece length of mktorrent, in bytes, so that it can reproduce our `.torrent` files. */
const SHORTEST = 32 * 1024

/** Bytes reserved for trackers, web seeds, comment, the top folder's name and the fixed keys. */
const METAINFO_RESERVE = 64 * 1024

/** `d6:lengthi<16 digits>e4:pathl` … `ee`, the bytes of a file entry without its path. */
const FILE_ENTRY_BYTES = 36

/** `255:` before the longest component. */
const COMPONENT_PREFIX_BYTES = 4

const MEDIA = /\.(?:aac|aiff?|avi|flac|m4[abv]|mk[av]|mov|mp[34]|mpe?g|m?ts|og[agv]|opus|wav|webm|wm[av])$/i

const utf8 = new TextEncoder()

/**
 * The piece length, in bytes, for `length` bytes of content in files of these `paths` (joined by `/`).
 *
 * Small pieces spread faster and let a player seek faster; each takes a hash, an iteration of every loop over pieces and a
 * `have` message to every peer. So: 1 MiB, 4 MiB from 2 GiB on, 8 MiB from 64 GiB on; with audio or video among the files
 * 1 MiB, 2 MiB above 4 GiB; less below 1 GiB, so that small content has about a thousand pieces too; more where the
 * metainfo would exceed `METAINFO_MAX_BYTES` otherwise.
 *
 * Errors: `metainfo_too_large` when not even 64 MiB is enough (26 TB, or too many long paths).
 */
export function choosePieceLength(length: number, paths: readonly string[]): number {
  const hasMedia = paths.some(path => MEDIA.test(path))
  let pieceLength = preferredPieceLength(length, hasMedia)
  const room = METAINFO_MAX_BYTES - METAINFO_RESERVE - filesBytes(paths)
  while (Math.ceil(length / pieceLength) * PIECE_HASH_BYTES > room) {
    pieceLength *= 2
    if (pieceLength > PIECE_LENGTH_MAX) {
      throw new AppError('metainfo_too_large', `${length} bytes in ${paths.length} files`)
    }
  }
  return pieceLength
}

function preferredPieceLength(length: number, hasMedia: boolean): number {
  if (length < PIECES_WANTED * MiB) {
    let pieceLength = SHORTEST
    while (length > pieceLength * PIECES_WANTED) pieceLength *= 2
    return pieceLength
  }
  if (hasMedia) return length <= 4 * GiB ? MiB : 2 * MiB
  if (length < 2 * GiB) return MiB
  return length < 64 * GiB ? 4 * MiB : 8 * MiB
}

/** An upper bound for the `files` list; a `/` stands for one more component. */
function filesBytes(paths: readonly string[]): number {
  let bytes = 0
  for (const path of paths) {
    const components = path.split('/').length
    bytes += FILE_ENTRY_BYTES + utf8.encode(path).length + components * COMPONENT_PREFIX_BYTES
  }
  return bytes
}
