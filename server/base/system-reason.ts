import { getSystemErrorMessage } from 'node:util'

/** What the system says in words, with its code: `no space left on device (ENOSPC)`; of other errors their message. */
export function systemReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, errno } = error as NodeJS.ErrnoException
  if (errno === undefined || !Number.isInteger(errno) || errno >= 0) return error.message
  return `${getSystemErrorMessage(errno) ?? error.message} (${code})`
}

/** Whether `error` is the file system's: it has the number of a system error, and is about a path or a full or failing disk. */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false
  const { code = '', errno, path } = error as NodeJS.ErrnoException
  return errno !== undefined && (path !== undefined || /^E(?:NOSPC|DQUOT|IO|ROFS|FBIG)$/.test(code))
}
