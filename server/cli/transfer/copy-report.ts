import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { reportOf } from '../../../lib/heal/check-copy.ts'
import { fitCopy, type LocalCopy, piecesPresent } from '../../../lib/heal/local-copy.ts'
import { pieceSize } from '../../../lib/storage/piece-store.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { hasPiece, piecesOf } from '../../../lib/torrent/piece-map.ts'
import { type CheckedPieces, checkFiles } from '../../node-engine/hashing/check-files.ts'
import { findFiles, type LocalFile } from '../../node-engine/hashing/local-files.ts'
import { type Output, plural } from '../output.ts'

/** The content itself if `path` is the folder that contains it, so that its neighbours are left alone; else `path`. */
export async function contentAt(path: string, { name }: Metainfo): Promise<string> {
  const inside = join(path, name)
  const isAbove = basename(resolve(path)) !== name && (await stat(inside).catch(() => null)) !== null
  return isAbove ? inside : path
}

interface PieceCounts {
  readonly good: number
  readonly bad: number
  readonly missing: number
}

/** `elsewhere`: right, but under another name or in another folder. Otherwise as in `CopyReport`. */
interface FileState {
  readonly path: string
  readonly state: 'good' | 'elsewhere' | 'missing' | 'damaged' | 'unsure' | 'long'
  /** Counts of the pieces that contain a byte of it. */
  readonly pieces: PieceCounts
  /** Bytes past its end. */
  readonly excess: number
  /** Where it was found; null when it is missing. */
  readonly location: string | null
}

export interface Report {
  readonly infoHash: string
  readonly whole: boolean
  readonly pieces: PieceCounts
  readonly files: readonly FileState[]
}

function describe(metainfo: Metainfo, copy: LocalCopy<LocalFile>, { good, present }: CheckedPieces): Report {
  const count = (first: number, last: number): PieceCounts => {
    const counts = { good: 0, bad: 0, missing: 0 }
    for (let piece = first; piece <= last; piece++) {
      counts[hasPiece(good, piece) ? 'good' : hasPiece(present, piece) ? 'bad' : 'missing'] += 1
    }
    return counts
  }
  const failures = new Map(reportOf(metainfo, copy, good).files.map(file => [file.index, file]))
  const files = metainfo.files.flatMap((file, index): FileState[] => {
    if (file.padding) return []
    const range = piecesOf(file, metainfo.pieceLength)
    const found = copy.files[index] ?? null
    const failure = failures.get(index)
    return [
      {
        path: file.path.join('/'),
        state: failure?.state ?? (found?.inPlace ? 'good' : 'elsewhere'),
        pieces: range ? count(range.first, range.last) : count(0, -1),
        excess: failure?.excess ?? 0,
        location: found?.picked.location ?? null,
      },
    ]
  })
  return {
    infoHash: metainfo.infoHash,
    whole: files.every(({ state }) => state === 'good'),
    pieces: count(0, metainfo.pieceCount - 1),
    files,
  }
}

/** The report for people: a line for each file that is not good, and a summary. */
export function linesOf({ files, pieces, whole }: Report): string[] {
  const failed = files.filter(({ state }) => state !== 'good')
  const lines = failed.map(({ excess, location, path, pieces, state }) => {
    const words = {
      good: '',
      elsewhere: `found at ${location}`,
      missing: 'not found',
      damaged: `${pieces.bad} bad and ${pieces.missing} missing of ${plural(pieces.good + pieces.bad + pieces.missing, 'piece')}`,
      unsure: 'a piece it shares with another file is bad or missing',
      long: `${plural(excess, 'byte')} too long`,
    }
    return `${state.padEnd(9)}  ${path}: ${words[state]}`
  })
  return [
    ...lines,
    `${whole ? 'whole' : 'not whole'}: ${plural(files.length - failed.length, 'file')} of ${files.length} good; pieces: ${pieces.good} good, ${pieces.bad} bad, ${pieces.missing} missing`,
  ]
}

/** Whether every byte is there, perhaps under another name. */
export const isRight = ({ files }: Report): boolean =>
  files.every(({ state }) => state === 'good' || state === 'elsewhere')

/** A copy of which every piece was hashed. */
export interface CheckedCopy {
  readonly copy: LocalCopy<LocalFile>
  readonly checked: CheckedPieces
  readonly report: Report
}

/** Finds the files of a share at `path` and hashes all their pieces. Errors: those of `findFiles` and `checkFiles`. */
export async function verifyCopy(
  metainfo: Metainfo,
  path: string,
  output: Output,
  signal: AbortSignal,
): Promise<CheckedCopy> {
  // A copy may be made of links.
  const { files, skipped } = await findFiles(path, { links: 'follow' })
  for (const { location, reason } of skipped)
    if (reason === 'closed') output.note(`${location}: cannot be read`)
  const copy = fitCopy(metainfo, files)
  const present = piecesPresent(metainfo, copy)
  const length = present.reduce((sum, piece) => sum + pieceSize(metainfo, piece), 0)
  const progress = output.progress('checking', length)
  const checked = await checkFiles(metainfo, copy, present, {
    signal,
    onProgress: done => progress.update(done),
  }).finally(() => progress.end())
  return { copy, checked, report: describe(metainfo, copy, checked) }
}
