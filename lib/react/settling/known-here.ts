import { useEffect } from 'react'
import type { InfoHash } from '../../torrent/ids.ts'
import { KNOWN_KEY, SETTLE_LIMIT_MS } from './settling-script.ts'

/** Most shares that are noted, the newest: more than anybody opens again soon. */
const NOTED_MAX = 200

/** Call where the state of the share is on the page, or known to be none (`isSettled`). */
export function useSettled(isSettled: boolean): void {
  useEffect(() => {
    const settle = () => {
      delete document.documentElement.dataset['settling']
    }
    if (isSettled) settle()
    const timer = setTimeout(settle, SETTLE_LIMIT_MS)
    return () => clearTimeout(timer)
  }, [isSettled])
}

/** Notes for the next visit whether this browser has something of the share; undefined while that is not clear. */
export function useKnownHere(infoHash: InfoHash, isKnown: boolean | undefined): void {
  useEffect(() => {
    if (isKnown === undefined) return
    try {
      const before: unknown = JSON.parse(localStorage.getItem(KNOWN_KEY) ?? '[]')
      const others = Array.isArray(before) ? before.filter(each => each !== infoHash) : []
      const after = isKnown ? [infoHash, ...others].slice(0, NOTED_MAX) : others
      if (after.length > 0) localStorage.setItem(KNOWN_KEY, JSON.stringify(after))
      else localStorage.removeItem(KNOWN_KEY)
    } catch {
      // Without storage nothing is known at the next visit either.
    }
  }, [infoHash, isKnown])
}
