import { AppError, toAppError } from '../base/errors.ts'
import { RateMeter } from '../base/rate-meter.ts'
import type { HashCheckpoint } from '../hashing/checkpoint.ts'
import { hashPieces } from '../hashing/hash-pieces.ts'
import { PIECE_HASH_BYTES } from '../torrent/layout.ts'
import { canRead } from './list-files.ts'
import type { SharePlan } from './plan.ts'
import { noProgress, type PublishProgress } from './progress.ts'

export interface HashHooks {
  readonly signal: AbortSignal
  readonly onProgress: (progress: PublishProgress) => void
  readonly onAway: (isAway: boolean) => void
}

/** SHA-1 of the pieces of the planned files, from where an interrupted attempt ended. Errors: `cancelled`, `file_unreadable` (detail: the file). */
export async function hashPlan(
  plan: SharePlan,
  pieceLength: number,
  checkpoint: HashCheckpoint,
  { signal, onProgress, onAway }: HashHooks,
): Promise<Uint8Array<ArrayBuffer>> {
  const content = new Blob(plan.files.map(({ file }) => file))
  const meter = progressMeter(plan, onProgress)
  try {
    const known = await checkpoint.load(content, signal)
    meter.resume(Math.min((known.length / PIECE_HASH_BYTES) * pieceLength, plan.length))
    return await hashPieces(content, pieceLength, {
      signal,
      known,
      onAway,
      onProgress(bytesDone, digests) {
        checkpoint.update(digests)
        meter.report(bytesDone)
      },
    })
  } catch (reason) {
    const error = toAppError(reason)
    if (error.code === 'cancelled') await checkpoint.save()
    throw await withFile(error, plan)
  }
}

/** Counts files, rate and time left while the bytes of a plan are hashed. */
export function progressMeter({ files, length }: SharePlan, onProgress: (progress: PublishProgress) => void) {
  const meter = new RateMeter()
  let filesDone = 0
  let endOfDone = 0
  let resumedFrom = 0
  return {
    /** This many bytes are known from an earlier attempt. */
    resume(bytes: number): void {
      resumedFrom = bytes
      meter.update(bytes, performance.now())
    },
    report(bytesDone: number): void {
      meter.update(bytesDone, performance.now())
      for (let next = files[filesDone]; next && endOfDone + next.file.size <= bytesDone; ) {
        endOfDone += next.file.size
        next = files[++filesDone]
      }
      const timeLeft = meter.timeLeft(length - bytesDone)
      const amounts = { bytesDone, filesDone, resumedFrom, rate: meter.rate(), timeLeft }
      onProgress({ ...noProgress(length), ...amounts })
    },
  }
}

/** `error`, and of a file that cannot be read, which one it is: it was changed, moved or deleted. */
export async function withFile(error: AppError, { files }: SharePlan): Promise<AppError> {
  if (error.code !== 'file_unreadable') return error
  for (const { path, file } of files) {
    if (!(await canRead(file))) return new AppError('file_unreadable', path.join('/'), { cause: error })
  }
  return error
}
