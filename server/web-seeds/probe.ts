import { createHash, randomInt } from 'node:crypto'
import { AppError } from '../../lib/base/errors.ts'
import { PIECE_HASH_BYTES } from '../../lib/torrent/layout.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'
import { segmentsOf } from '../../lib/torrent/segments.ts'
import { webSeedFileUrl } from '../../lib/torrent/web-seed.ts'
import { type NetworkPolicy, RangeClient } from './range-client.ts'

/** A piece in more files than this is not requested: each file takes a request. */
const PIECE_FILES_MAX = 64
/** How often a random piece is drawn to find one in few enough files. */
const DRAWS = 16

/** A probe makes a stranger's server send no more than this at a time, and takes no longer. */
const RANGE_MAX_BYTES = 1024 * 1024
const PROBE_MS = 20_000

type ContentFile = Metainfo['files'][number]

/**
 * Checks that a web seed (BEP 19) has the content of a share: fetches the last byte of the first, last and largest file,
 * which proves their sizes, and the first, last and a random piece; of one longer than 1 MiB only so much, at random, which
 * proves that it is there but not what it is: readers check every piece. Errors: those of `RangeClient.fetch`;
 * `web_seed_wrong` also for a piece whose hash is wrong.
 */
export async function probeWebSeed(url: string, metainfo: Metainfo, policy: NetworkPolicy): Promise<void> {
  const pieces = piecesToTry(metainfo)
  const client = new RangeClient(policy, AbortSignal.timeout(PROBE_MS))
  for (const file of filesToTry(metainfo)) {
    const { length } = file
    const at = urlOf(url, metainfo, file)
    await client.fetch(at, { start: length - 1, end: length }, length, () => {})
  }
  for (const piece of pieces) await checkPiece(url, metainfo, piece, client)
}

/** Web seeds have files under the names that the metainfo states. */
function urlOf(base: string, { singleFile, statedName }: Metainfo, { statedPath }: ContentFile): string {
  return webSeedFileUrl(base, { name: statedName, singleFile }, statedPath)
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
  const pieceStart = piece * metainfo.pieceLength
  const pieceBytes = Math.min(metainfo.pieceLength, metainfo.length - pieceStart)
  const bytes = Math.min(pieceBytes, RANGE_MAX_BYTES)
  const start = pieceStart + randomInt(pieceBytes - bytes + 1)
  const hash = createHash('sha1')
  for (const { file, fileOffset, length } of segmentsOf(metainfo.files, start, start + bytes)) {
    const entry = metainfo.files[file]
    if (!entry) throw new RangeError(`there is no file ${file}`)
    const range = { start: fileOffset, end: fileOffset + length }
    // BEP 47: padding is zeros, and web seeds do not have it.
    if (entry.padding) hash.update(Buffer.alloc(length))
    else {
      const at = urlOf(url, metainfo, entry)
      await client.fetch(at, range, entry.length, chunk => hash.update(chunk))
    }
  }
  if (bytes < pieceBytes) return
  const expected = metainfo.pieces.subarray(piece * PIECE_HASH_BYTES, (piece + 1) * PIECE_HASH_BYTES)
  if (!hash.digest().equals(expected)) throw new AppError('web_seed_wrong', `piece ${piece} has other bytes`)
}

function segmentsOfPiece({ files, length, pieceLength }: Metainfo, piece: number) {
  return segmentsOf(files, piece * pieceLength, Math.min((piece + 1) * pieceLength, length))
}
