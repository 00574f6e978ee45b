import { useCallback, useEffect, useRef, useState } from 'react'
import { type AppError, toAppError } from '../../base/errors.ts'
import type { OpenedShare } from '../../browser/sealed/seals.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { PageShare } from '../../protocol/share.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** How far an encrypted share is opened; `unlocking`: the password is tried · `fetching`: the key fits, and the list of files is on its way. */
type Opening =
  | { readonly state: 'opening' | 'fetching' | 'needs-password' | 'unlocking' }
  | { readonly state: 'failed'; readonly error: AppError }

interface Opener {
  readonly opening: Opening
  /** Try a key, as it stands behind the `#` of the link. */
  readonly tryKey: (fragment: string) => void
  readonly tryPassword: (password: string) => void
}

/**
 * Opens an encrypted share with the key in the address of the page, or what this browser has saved of it, and calls `onOpen`.
 */
export function useOpenedShare(
  share: PageShare,
  infoHash: InfoHash,
  onOpen: (opened: OpenedShare) => void,
): Opener {
  const [opening, setOpening] = useState<Opening>({ state: 'opening' })
  const attempt = useRef(new AbortController())
  const opened = useRef(onOpen)
  useEffect(() => {
    opened.current = onOpen
  })

  const open = useCallback(
    async (password: string | null) => {
      attempt.current.abort()
      attempt.current = new AbortController()
      const { signal } = attempt.current
      const show = (next: Opening) => !signal.aborted && setOpening(next)
      show({ state: password === null ? 'opening' : 'unlocking' })
      try {
        const { openWithKey } = await import('../../browser/sealed/open-with-key.ts')
        const found = await openWithKey(thisTab(), infoHash, {
          fragment: location.hash.slice(1),
          password,
          name: share.name,
          onFetching: () => show({ state: 'fetching' }),
          signal,
        })
        if (signal.aborted) return
        if (found === 'needs-password') show({ state: 'needs-password' })
        else opened.current(found)
      } catch (reason) {
        show({ state: 'failed', error: toAppError(reason) })
      }
    },
    [infoHash, share.name],
  )
  useEffect(() => {
    void open(null)
    // Somebody pastes the whole link into the address bar.
    const again = () => void open(null)
    addEventListener('hashchange', again)
    return () => {
      removeEventListener('hashchange', again)
      attempt.current.abort()
    }
  }, [open])

  return {
    opening,
    tryKey(fragment) {
      // In place: the entry without the key helps nobody.
      history.replaceState(history.state, '', `#${fragment}`)
      void open(null)
    },
    tryPassword: password => void open(password),
  }
}
