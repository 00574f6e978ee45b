import { useEffect, useState } from 'react'
import { dropKept, fetchKept, keepAlive } from '../../api/client.ts'
import { type AppError, toAppError } from '../../base/errors.ts'
import type { Kept } from '../../protocol/share.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** While the server fetches, people watch the number; afterwards it seldom changes. */
const BUSY_MS = 1_000
const CALM_MS = 15_000

/** Whether the server keeps a share alive: undefined until it said so; `ask` turns that on or off. */
export function useKept(infoHash: InfoHash, ownerKey: string | undefined) {
  const [kept, setKept] = useState<Kept>()
  const [error, setError] = useState<AppError>()
  const busy = kept?.asked === true && kept.kept !== 'yes'
  const never = kept?.offered === false

  useEffect(() => {
    let current = true
    const look = () =>
      fetchKept(infoHash).then(
        found => current && setKept(found),
        // The server is away for a moment; what it said last stays.
        () => undefined,
      )
    if (never) return
    void look()
    const timer = setInterval(
      () => document.visibilityState === 'visible' && void look(),
      busy ? BUSY_MS : CALM_MS,
    )
    return () => {
      current = false
      clearInterval(timer)
    }
  }, [infoHash, busy, never])

  const ask = async (on: boolean) => {
    if (ownerKey === undefined || kept === undefined) return
    setError(undefined)
    setKept({ ...kept, asked: on, problem: null, ...(on ? {} : { kept: 'no', have: 0 }) })
    try {
      if (on) setKept(await keepAlive(infoHash, ownerKey))
      else await dropKept(infoHash, ownerKey)
    } catch (reason) {
      setKept(kept)
      setError(toAppError(reason))
    }
  }
  return { kept, error, ask }
}
