import { useCallback, useEffect, useRef, useState } from 'react'
import { fetchInbox } from '../../api/inboxes.ts'
import { type AppError, toAppError } from '../../base/errors.ts'
import { SEND_TOKEN_PREFIX } from '../../protocol/invitation-text.ts'

/** What somebody asks for, once the link is read. */
interface Asked {
  readonly title: string
  /** What is behind the `#` of the link. */
  readonly fragment: string
  /** Seals what is sent. */
  readonly key: CryptoKey
  /** What one publishes with by the right of who asked; null: by one's own. */
  readonly sendToken: string | null
}

/** Reads the link to send files with that is the address of the page: `id` is in its path, the key behind its `#`. */
export function useAsk(id: string): {
  readonly asked: Asked | null
  readonly error: AppError | null
  readonly retry: () => void
} {
  const [asked, setAsked] = useState<Asked | null>(null)
  const [error, setError] = useState<AppError | null>(null)
  const attempt = useRef(0)
  const read = useCallback(async () => {
    attempt.current += 1
    const current = attempt.current
    setError(null)
    try {
      const { inboxKey, openAsk, sendKeyOf } = await import('../../receive/seal.ts')
      const fragment = location.hash.slice(1)
      const key = await inboxKey(fragment)
      const { lends, sealed } = await fetchInbox(id)
      const { title } = await openAsk(key, sealed)
      const sendToken = lends ? `${SEND_TOKEN_PREFIX}${id}${await sendKeyOf(fragment)}` : null
      if (current === attempt.current) setAsked({ title, fragment, key, sendToken })
    } catch (reason) {
      if (current === attempt.current) setError(toAppError(reason))
    }
  }, [id])
  useEffect(() => {
    void read()
    // Somebody pastes the whole link into the address bar.
    const again = () => void read()
    addEventListener('hashchange', again)
    return () => {
      removeEventListener('hashchange', again)
      attempt.current += 1
    }
  }, [read])
  return { asked, error, retry: () => void read() }
}
