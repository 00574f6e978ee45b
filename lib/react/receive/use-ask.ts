import { useCallback, useEffect, useRef, useState } from 'react'
import { fetchInbox } from '../../api/inboxes.ts'
import { type AppError, toAppError } from '../../base/errors.ts'

/** What somebody asks for, once the link is read. */
interface Asked {
  readonly title: string
  /** Seals what is sent. */
  readonly key: CryptoKey
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
      const { inboxKey, openAsk } = await import('../../receive/seal.ts')
      const key = await inboxKey(location.hash)
      const { title } = await openAsk(key, (await fetchInbox(id)).sealed)
      if (current === attempt.current) setAsked({ title, key })
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
