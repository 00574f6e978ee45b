import { createHash, randomInt } from 'node:crypto'
import { AppError } from '../../lib/base/errors.ts'
import { PIECE_HASH_BYTES } from '../../lib/torrent/layout.ts'
import { segmentsOf } from '../../lib/torrent/segments.ts'
import { webSeedFileUrl } from '../../lib/torrent/web-seed.ts'
import { type PackedFile, PackedFiles, type PackedMetainfo } from '../shares/metainfo/packed-metainfo.ts'
import { type NetworkPolicy, RangeClient } from './range-client.ts'

/** A piece in more files than this is not requested: each file takes a request. */
const PIECE_FILES_MAX = 64
/** How often a random piece is drawn to find one in few enough files. */
const DRAWS = 16

/** A probe makes a stranger's server send no more than this at a time, and takes no longer. */
const RANGE_MAX_BYTES = 1024 * 1024
const PROBE_MS = 20_000

/**
 * Checks that a web seed (BEP 19) has the content of a share: fetches the last byte of the first, last and largest file,
 * which proves their sizes, and the first, last and a random piece; of one longer than 1 MiB only so much, at random, which
 * proves that it is there but not what it is: readers check every piece. Errors: those of `RangeClient.fetch`;
 * `web_seed_wrong` also for a piece whose hash is wrong.
 */
export async function probeWebSeed(
  url: string,
  metainfo: PackedMetainfo,
  policy: NetworkPolicy,
): Promise<void> {
  const pieces = piecesToTry(metainfo)
  const client = new RangeClient(policy, AbortSignal.timeout(PROBE_MS))
  for (const file of filesToTry(metainfo, new PackedFiles(metainfo))) {
    const { length } = file
    const at = urlOf(url, metainfo, file)
    await client.fetch(at, { start: length - 1, end: length }, length, () => {})
  }
  for (const piece of pieces) await checkPiece(url, metainfo, piece, client)
}

/** Web seeds have files under the names that the metainfo states. */
function urlOf(base: string, { singleFile, statedName }: PackedMetainfo, { statedPath }: PackedFile): string {
  return webSeedFileUrl(base, { name: statedName, singleFile }, statedPath)
}

/** There may be 100,000 files, and this is the tracker's thread: numbers in a plain loop, no object a file. */
function filesToTry({ table: { ends, padding } }: PackedMetainfo, files: PackedFiles): readonly PackedFile[] {
  const lengthOf = (index: number) => (ends[index] ?? 0) - (ends[index - 1] ?? 0)
  let first = -1
  let last = -1
  let largest = -1
  for (let index = 0; index < ends.length; index++) {
    if (lengthOf(index) === 0 || padding[index] === 1) continue
    if (first < 0) first = index
    last = index
    if (largest < 0 || lengthOf(index) > lengthOf(largest)) largest = index
  }
  return [...new Set([first, last, largest])].flatMap(index => files.at(index) ?? [])
}

function piecesToTry(metainfo: PackedMetainfo): readonly number[] {
  const fits = (piece: number) => segmentsOfPiece(metainfo, piece).length <= PIECE_FILES_MAX
  const drawn = Array.from({ length: DRAWS }, () => randomInt(metainfo.pieceCount))
  const random = drawn.find(fits)
  return [...new Set([0, metainfo.pieceCount - 1, random ?? 0])].filter(fits)
}

async function checkPiece(
  url: string,
  metainfo: PackedMetainfo,
  piece: number,
  client: RangeClient,
): Promise<void> {
  const pieceStart = piece * metainfo.pieceLength
  const pieceBytes = Math.min(metainfo.pieceLength, metainfo.length - pieceStart)
  const bytes = Math.min(pieceBytes, RANGE_MAX_BYTES)
  const start = pieceStart + randomInt(pieceBytes - bytes + 1)
  const hash = createHash('sha1')
  const files = new PackedFiles(metainfo)
  for (const { file, fileOffset, length } of segmentsOf(files, start, start + bytes)) {
    const entry = files.at(file)
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

function segmentsOfPiece(metainfo: PackedMetainfo, piece: number) {
  const { length, pieceLength } = metainfo
  const end = Math.min((piece + 1) * pieceLength, length)
  return segmentsOf(new PackedFiles(metainfo), piece * pieceLength, end)
}
