import { useMemo } from 'react'
import type { ErrorCode } from '../../base/errors.ts'
import type { Share } from '../../protocol/share.ts'
import { type PlainDownload, plainDownloads } from '../../save/plain-downloads.ts'

const NONE: ReadonlyMap<string, PlainDownload> = new Map()

/**
 * The files of a share on a server, by path, where all that the page can do is link to them: `missing` is what it lacks. None of an
 * encrypted share, which nobody could read.
 */
export const usePlainDownloads = (
  share: Share,
  missing: ErrorCode | null,
): ReadonlyMap<string, PlainDownload> =>
  useMemo(
    () =>
      missing === 'insecure_context' && !share.encrypted
        ? new Map(plainDownloads(share).map(file => [file.path, file]))
        : NONE,
    [share, missing],
  )
