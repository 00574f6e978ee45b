import { useEffect, useState } from 'react'
import { cacheShare, dropCachedShare, fetchCachedShare } from '../../api/client.ts'
import { type AppError, toAppError } from '../../base/errors.ts'
import type { CachedShareStatus } from '../../protocol/share.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** Often while the server fetches and people watch the number; afterwards it seldom changes. */
const BUSY_MS = 1_000
const CALM_MS = 15_000

/** Whether the server's seeder caches a share: `first` as the page came, then as the server answers; `ask` turns it on or off. */
export function useKeepAlive(infoHash: InfoHash, ownerKey: string | undefined, first: CachedShareStatus) {
  const [kept, setKept] = useState(first)
  const [error, setError] = useState<AppError>()
  const busy = kept.asked && kept.kept !== 'yes'
  const never = !kept.offered

  useEffect(() => {
    let current = true
    const refresh = () =>
      fetchCachedShare(infoHash).then(
        found => current && setKept(found),
        // The server does not answer at the moment; its last answer stays.
        () => undefined,
      )
    if (never) return
    void refresh()
    const timer = setInterval(
      () => document.visibilityState === 'visible' && void refresh(),
      busy ? BUSY_MS : CALM_MS,
    )
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [infoHash, busy, never])

  const ask = async (on: boolean) => {
    if (ownerKey === undefined) return
    setError(undefined)
    setKept({ ...kept, asked: on, problem: null, ...(on ? {} : { kept: 'no', have: 0 }) })
    try {
      if (on) setKept(await cacheShare(infoHash, ownerKey))
      else await dropCachedShare(infoHash, ownerKey)
    } catch (reason) {
      setKept(kept)
      setError(toAppError(reason))
    }
  }
  return { kept, error, ask }
}
