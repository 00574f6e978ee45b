import { useCallback, useEffect, useState } from 'react'
import { fetchPresence } from '../../api/presence.ts'
import { type ErrorCode, toAppError } from '../../base/errors.ts'
import type { Presence } from '../../protocol/presence.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const INTERVAL_MS = 10_000

/** Answers after which a share is not there any more. */
const GONE: ReadonlySet<ErrorCode> = new Set(['share_not_found', 'share_expired', 'share_blocked'])

/** Whether an error says that a share is stopped, has ended, or is blocked. */
export const isGone = (code: ErrorCode): boolean => GONE.has(code)

interface PresenceOptions {
  /** Hidden tabs ask too, because they have something to say: in their title, or with a notification. */
  readonly watch: 'while-visible' | 'always'
}

/**
 * Who has a share right now, beginning with `first`, asked every few seconds; `gone`: why it is no longer there. Errors of
 * the network change nothing. `refresh` asks at once.
 */
export function usePresence(infoHash: InfoHash, first: Presence, { watch }: PresenceOptions) {
  const [presence, setPresence] = useState(first)
  const [gone, setGone] = useState<ErrorCode | null>(null)
  const refresh = useCallback(async () => {
    try {
      setPresence(await fetchPresence(infoHash))
      setGone(null)
    } catch (reason) {
      const { code } = toAppError(reason)
      if (isGone(code)) setGone(code)
    }
  }, [infoHash])
  useEffect(() => {
    const look = () => {
      if (watch === 'always' || document.visibilityState === 'visible') void refresh()
    }
    const timer = setInterval(look, INTERVAL_MS)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [refresh, watch])
  return { presence, gone, refresh }
}
