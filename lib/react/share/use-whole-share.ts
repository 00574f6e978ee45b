import { useCallback, useEffect, useState } from 'react'
import { fetchShare } from '../../api/client.ts'
import { type AppError, toAppError } from '../../base/errors.ts'
import type { PageShare, Share } from '../../protocol/share.ts'
import type { InfoHash } from '../../torrent/ids.ts'

interface WholeShare {
  /** Null until its files are known. */
  readonly share: Share | null
  readonly error: AppError | null
  readonly retry: () => Promise<void>
}

/** The share with its files, which are asked for where the page came without them. */
export function useWholeShare(page: PageShare, infoHash: InfoHash): WholeShare {
  const isWhole = page.files.length > 0 || page.fileCount === 0
  const [fetched, setFetched] = useState<Share | null>(null)
  const [error, setError] = useState<AppError | null>(null)
  const load = useCallback(async () => {
    setError(null)
    try {
      setFetched(await fetchShare(infoHash))
    } catch (reason) {
      setError(toAppError(reason))
    }
  }, [infoHash])
  useEffect(() => {
    if (!isWhole) void load()
  }, [isWhole, load])
  // Only the files never change: what the page says of the rest is newer after a refresh.
  const share = isWhole ? page : fetched && { ...page, files: fetched.files }
  return { share, error, retry: load }
}
