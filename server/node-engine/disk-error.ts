import { AppError } from '../../lib/base/errors.ts'
import { isDiskFull } from '../base/disk-full.ts'
import { systemReason } from '../base/system-reason.ts'

/** A file system error as an `AppError` with path and reason: `storage_full` or `storage_failed`. */
export function toDiskError(reason: unknown): AppError {
  if (reason instanceof AppError) return reason
  const path = (reason as NodeJS.ErrnoException | null)?.path
  const detail = path === undefined ? systemReason(reason) : `${path}: ${systemReason(reason)}`
  return new AppError(isDiskFull(reason) ? 'storage_full' : 'storage_failed', detail, { cause: reason })
}
