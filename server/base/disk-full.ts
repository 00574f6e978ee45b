/**
 * Error codes of a full disk: the file system's (EDQUOT: this user's quota) and SQLite's (IOERR_WRITE: a quota; SHMSIZE: no room for the index of its log).
 */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE'])

/** Whether `reason` is the error of a disk that has no room. */
export const isDiskFull = (reason: unknown): boolean =>
  reason instanceof Error && 'code' in reason && FULL.has(String(reason.code))
