import { useEffect, useState } from 'react'
import { fetchOwnWebSeeds, putWebSeeds } from '../../api/client.ts'
import { type AppError, toAppError } from '../../base/errors.ts'
import type { WebSeeds } from '../../protocol/share.ts'
import type { InfoHash } from '../../torrent/ids.ts'

type Mirror = WebSeeds['webSeeds'][number]

/** The web seeds that the owner of a share added (undefined until they are known), and how to change them. */
export function useMirrors(infoHash: InfoHash, ownerKey: string) {
  const [mirrors, setMirrors] = useState<readonly Mirror[]>()
  const [error, setError] = useState<AppError>()
  /** The server is checking them, which takes a while. */
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    let current = true
    fetchOwnWebSeeds(infoHash, ownerKey).then(
      found => current && setMirrors(found),
      reason => current && setError(toAppError(reason)),
    )
    return () => {
      current = false
    }
  }, [infoHash, ownerKey])

  /** Replace all web seeds by these; true when that worked. */
  const replace = async (urls: readonly string[]): Promise<boolean> => {
    setError(undefined)
    setBusy(true)
    try {
      setMirrors(await putWebSeeds(infoHash, ownerKey, urls))
      return true
    } catch (reason) {
      setError(toAppError(reason))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { mirrors, error, busy, replace }
}
