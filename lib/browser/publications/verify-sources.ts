import { toAppError } from '../../base/errors.ts'
import { checkPieces } from '../../hashing/check-pieces.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { piecesOf } from '../../torrent/piece-map.ts'

/** Random pieces to check, in addition to the first and the last. */
const SAMPLE = 6

interface VerifyOptions {
  /** Indexes (metainfo order) of the files to check completely, because their modification time changed for example. */
  readonly doubtful: ReadonlySet<number>
  readonly signal: AbortSignal
  /** Bytes of the doubtful files' pieces: checked so far, and in total. */
  readonly onProgress: (bytesDone: number, bytesTotal: number) => void
}

interface Verdict {
  /** Indexes of the files that are not what was published. */
  readonly changed: readonly number[]
  readonly piecesChecked: number
}

/**
 * Check whether `files` (metainfo order) still have the content that was published: their sizes, every piece of the
 * doubtful ones, and a sample of all pieces. Errors: `cancelled`.
 */
export async function verifySources(
  metainfo: Metainfo,
  files: readonly File[],
  { doubtful, signal, onProgress }: VerifyOptions,
): Promise<Verdict> {
  const otherSize = [...files.keys()].filter(index => files[index]?.size !== metainfo.files[index]?.length)
  if (otherSize.length > 0) return { changed: otherSize, piecesChecked: 0 }

  const pieces = new Set(samplePieces(metainfo.pieceCount))
  for (const index of doubtful) for (const piece of piecesOfFile(metainfo, index)) pieces.add(piece)
  const bytesTotal = doubtful.size > 0 ? Math.min(pieces.size * metainfo.pieceLength, metainfo.length) : 0
  let bytesDone = 0
  onProgress(0, bytesTotal)
  const plain = new Blob([...files])
  const content = metainfo.sealed ? { plain, seal: metainfo.sealed.job } : plain
  try {
    const bad = await checkPieces(
      content,
      metainfo,
      [...pieces].sort((a, b) => a - b),
      {
        signal,
        onChecked(_piece, _good, bytes) {
          bytesDone += bytes
          if (bytesTotal > 0) onProgress(Math.min(bytesDone, bytesTotal), bytesTotal)
        },
      },
    )
    return { changed: filesWith(metainfo, bad, doubtful), piecesChecked: pieces.size }
  } catch (reason) {
    if (toAppError(reason).code !== 'file_unreadable') throw reason
    return { changed: await unreadable(files), piecesChecked: 0 }
  }
}

/** The first, the last and a few at random: an edit that keeps size and time is likely to change one of them. */
function samplePieces(pieceCount: number): number[] {
  const random = Array.from({ length: SAMPLE }, () => Math.floor(Math.random() * pieceCount))
  return [0, pieceCount - 1, ...random]
}

function piecesOfFile({ files, pieceLength }: Metainfo, index: number): number[] {
  const file = files[index]
  const range = file && piecesOf(file, pieceLength)
  return range ? Array.from({ length: range.last - range.first + 1 }, (_, at) => range.first + at) : []
}

/** The files that have bad pieces; a bad piece that a doubtful file shares with others counts for the doubtful one only. */
function filesWith(metainfo: Metainfo, bad: readonly number[], doubtful: ReadonlySet<number>): number[] {
  const unassigned = new Set(bad)
  const changed = new Set<number>()
  const assignTo = (index: number): number[] => {
    const hit = piecesOfFile(metainfo, index).filter(piece => unassigned.has(piece))
    if (hit.length > 0) changed.add(index)
    return hit
  }
  for (const piece of [...doubtful].flatMap(assignTo)) unassigned.delete(piece)
  for (const index of metainfo.files.keys()) if (!doubtful.has(index)) assignTo(index)
  return [...changed].sort((a, b) => a - b)
}

async function unreadable(files: readonly File[]): Promise<number[]> {
  const failed = await Promise.all(
    files.map(file =>
      file
        .slice(0, 1)
        .arrayBuffer()
        .then(
          () => false,
          () => true,
        ),
    ),
  )
  return [...files.keys()].filter(index => failed[index])
}
