import { createHash, randomInt } from 'node:crypto'
import { AppError } from '../../lib/base/errors.ts'
import { PIECE_HASH_BYTES } from '../../lib/torrent/layout.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'
import { segmentsOf } from '../../lib/torrent/segments.ts'
import { webSeedFileUrl } from '../../lib/torrent/web-seed.ts'
import { type NetworkPolicy, RangeClient } from './range-client.ts'

/** A piece in more files than this is not asked for: each file is a request. */
const PIECE_FILES_MAX = 64
/** How often a random piece is drawn until one lies in few enough files. */
const DRAWS = 16

/** A probe takes as long as it needs at this rate, and a while for its answers to begin. */
const SLOWEST_BYTES_PER_MS = 1000
const ANSWERS_MS = 30_000

type ContentFile = Metainfo['files'][number]

/**
 * Asks a web seed for the last byte of the first, last and largest file, which proves their sizes, and for the first,
 * last and a random piece, which proves the bytes. Nothing is kept. Errors: those of `RangeClient.fetch`; also
 * `web_seed_wrong` for a piece that is not the share's.
 */
export async function probeWebSeed(url: string, metainfo: Metainfo, policy: NetworkPolicy): Promise<void> {
  const pieces = piecesToTry(metainfo)
  const longest = ANSWERS_MS + (pieces.length * metainfo.pieceLength) / SLOWEST_BYTES_PER_MS
  const client = new RangeClient(policy, AbortSignal.timeout(Math.ceil(longest)))
  for (const { path, length } of filesToTry(metainfo)) {
    const at = webSeedFileUrl(url, metainfo, path)
    await client.fetch(at, { start: length - 1, end: length }, length, () => {})
  }
  for (const piece of pieces) await checkPiece(url, metainfo, piece, client)
}

function filesToTry({ files }: Metainfo): ReadonlySet<ContentFile> {
  const full = files.filter(({ length, padding }) => length > 0 && !padding)
  const largest = full.reduce<ContentFile | undefined>(
    (best, file) => (best && best.length >= file.length ? best : file),
    undefined,
  )
  return new Set([full[0], full.at(-1), largest].filter(file => file !== undefined))
}

function piecesToTry(metainfo: Metainfo): readonly number[] {
  const fits = (piece: number) => segmentsOfPiece(metainfo, piece).length <= PIECE_FILES_MAX
  const drawn = Array.from({ length: DRAWS }, () => randomInt(metainfo.pieceCount))
  const random = drawn.find(fits)
  return [...new Set([0, metainfo.pieceCount - 1, random ?? 0])].filter(fits)
}

async function checkPiece(
  url: string,
  metainfo: Metainfo,
  piece: number,
  client: RangeClient,
): Promise<void> {
  const hash = createHash('sha1')
  for (const { file, fileOffset, length } of segmentsOfPiece(metainfo, piece)) {
    const entry = metainfo.files[file]
    if (!entry) throw new RangeError(`there is no file ${file}`)
    const range = { start: fileOffset, end: fileOffset + length }
    // BEP 47: padding is zeros, and web seeds do not have it.
    if (entry.padding) hash.update(Buffer.alloc(length))
    else {
      const at = webSeedFileUrl(url, metainfo, entry.path)
      await client.fetch(at, range, entry.length, chunk => hash.update(chunk))
    }
  }
  const expected = metainfo.pieces.subarray(piece * PIECE_HASH_BYTES, (piece + 1) * PIECE_HASH_BYTES)
  if (!hash.digest().equals(expected)) throw new AppError('web_seed_wrong', `piece ${piece} has other bytes`)
}

function segmentsOfPiece({ files, length, pieceLength }: Metainfo, piece: number) {
  return segmentsOf(files, piece * pieceLength, Math.min((piece + 1) * pieceLength, length))
}
