import { RateMeter } from '../base/rate-meter.ts'
import { checkPieces } from '../hashing/check-pieces.ts'
import type { Plannable } from '../publish/plan.ts'
import { pieceSize } from '../storage/piece-store.ts'
import type { Metainfo } from '../torrent/metainfo.ts'
import { hasPiece, piecesOf, setPiece } from '../torrent/piece-map.ts'
import { hashedContentOf, type LocalCopy, piecesPresent } from './local-copy.ts'

/**
 * A file of a copy that differs from the share's: `missing` · `damaged` wrong bytes or too short · `unsure` only pieces
 * that it shares with another file are bad · `long` all bytes right, but more follow. `excess`: bytes after its end.
 */
interface FileReport {
  /** In metainfo order. */
  readonly index: number
  readonly state: 'missing' | 'damaged' | 'unsure' | 'long'
  readonly excess: number
}

/** What a check found. Amounts in bytes. */
export interface CopyReport {
  /** Bitfield (BEP 3) of the good pieces. */
  readonly good: Uint8Array<ArrayBuffer>
  readonly goodPieces: number
  readonly badPieces: number
  /** Size of the bad pieces. */
  readonly badBytes: number
  /** The files that differ. */
  readonly files: readonly FileReport[]
}

/** How far a check is. Amounts in bytes, `rate` in bytes a second, `timeLeft` in seconds (null: unknown). */
export interface CheckProgress {
  readonly bytesDone: number
  readonly bytesTotal: number
  readonly rate: number
  readonly timeLeft: number | null
}

interface CheckOptions {
  readonly signal: AbortSignal
  readonly onProgress: (progress: CheckProgress) => void
}

/**
 * Hash every piece that `copy` has, in workers, with bounded memory whatever its size.
 * Errors: `cancelled`, `file_unreadable` (a file was changed, moved or deleted during the check).
 */
export async function checkCopy(
  metainfo: Metainfo,
  copy: LocalCopy,
  { signal, onProgress }: CheckOptions,
): Promise<CopyReport> {
  const good = new Uint8Array(Math.ceil(metainfo.pieceCount / 8))
  const present = piecesPresent(metainfo, copy)
  const bytesTotal = present.reduce((sum, piece) => sum + pieceSize(metainfo, piece), 0)
  const meter = new RateMeter()
  let bytesDone = 0
  const report = () => {
    meter.update(bytesDone, performance.now())
    onProgress({
      bytesDone,
      bytesTotal,
      rate: meter.rate(),
      timeLeft: meter.timeLeft(bytesTotal - bytesDone),
    })
  }
  report()
  await checkPieces(hashedContentOf(metainfo, copy), metainfo, present, {
    signal,
    onChecked(piece, isGood, bytes) {
      if (isGood) setPiece(good, piece)
      bytesDone += bytes
      report()
    },
  })
  return reportOf(metainfo, copy, good)
}

/** The report on a copy whose `good` pieces (a BEP 3 bitfield) are known. */
export function reportOf(
  metainfo: Metainfo,
  copy: LocalCopy<Plannable>,
  good: Uint8Array<ArrayBuffer>,
): CopyReport {
  let goodPieces = 0
  let badBytes = 0
  for (let piece = 0; piece < metainfo.pieceCount; piece++) {
    if (hasPiece(good, piece)) goodPieces++
    else badBytes += pieceSize(metainfo, piece)
  }
  const files = metainfo.files.flatMap((_, index) => fileReport(metainfo, copy, good, index) ?? [])
  return { good, goodPieces, badPieces: metainfo.pieceCount - goodPieces, badBytes, files }
}

function fileReport(
  metainfo: Metainfo,
  copy: LocalCopy<Plannable>,
  good: Uint8Array,
  index: number,
): FileReport | null {
  const file = metainfo.files[index]
  if (!file || file.padding) return null
  const local = copy.files[index]?.picked.file
  if (!local) return { index, state: 'missing', excess: 0 }
  const { length, offset } = file
  const excess = Math.max(0, local.size - length)
  if (local.size < length) return { index, state: 'damaged', excess }
  const bad = badPiecesOf(metainfo, good, index)
  const alone = bad.some(piece => {
    const start = piece * metainfo.pieceLength
    return start >= offset && start + pieceSize(metainfo, piece) <= offset + length
  })
  if (alone) return { index, state: 'damaged', excess }
  if (bad.length > 0) return { index, state: 'unsure', excess }
  return excess > 0 ? { index, state: 'long', excess } : null
}

/** Bytes of the bad pieces that contain a byte of the files at `indexes`: what a repair fetches. */
export function bytesToFetch(metainfo: Metainfo, good: Uint8Array, indexes: readonly number[]): number {
  const bad = new Set(indexes.flatMap(index => badPiecesOf(metainfo, good, index)))
  return [...bad].reduce((sum, piece) => sum + pieceSize(metainfo, piece), 0)
}

/** Bytes of the files at `indexes` that are in bad pieces. */
export function badBytesOf(metainfo: Metainfo, good: Uint8Array, indexes: readonly number[]): number {
  let bytes = 0
  for (const index of indexes) {
    const { length = 0, offset = 0 } = metainfo.files[index] ?? {}
    for (const piece of badPiecesOf(metainfo, good, index)) {
      const start = piece * metainfo.pieceLength
      bytes += Math.min(offset + length, start + metainfo.pieceLength) - Math.max(offset, start)
    }
  }
  return bytes
}

/** The bad pieces that contain a byte of a file, ascending. */
export function badPiecesOf(metainfo: Metainfo, good: Uint8Array, index: number): number[] {
  const file = metainfo.files[index]
  const range = file && piecesOf(file, metainfo.pieceLength)
  const bad: number[] = []
  for (let piece = range?.first ?? 0; range && piece <= range.last; piece++) {
    if (!hasPiece(good, piece)) bad.push(piece)
  }
  return bad
}
