import { AppError } from '../../lib/base/errors.ts'

/** The system's own error of a disk as one of ours: `storage_full` or `storage_failed`. */
export function toDiskError(reason: unknown): AppError {
  if (reason instanceof AppError) return reason
  const full = reason instanceof Error && 'code' in reason && ['ENOSPC', 'EDQUOT'].includes(`${reason.code}`)
  return new AppError(full ? 'storage_full' : 'storage_failed', String(reason), { cause: reason })
}
