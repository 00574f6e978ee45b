/**
 * What says that there is no room on a disk: the file system's own (EDQUOT: not for this user), and SQLite's. Its IOERR_WRITE
 * is a quota, its SHMSIZE the index of its log.
 */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE'])

/** Whether `reason` is the error of a disk that has no room. */
export const isDiskFull = (reason: unknown): boolean =>
  reason instanceof Error && 'code' in reason && FULL.has(String(reason.code))
