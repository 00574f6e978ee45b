'use client'

import { useTranslations } from 'next-intl'
import { useTheme } from 'next-themes'
import { Suspense, useEffect, useState } from 'react'
import { loadLate } from '../../lib/react/page/load-late.ts'

const Toaster = loadLate(async () => (await import('sonner')).Toaster)

/** The place of short messages: loaded when the browser has nothing else to do, so that nobody waits for it. */
export function Toasts() {
  const t = useTranslations('shell')
  const { resolvedTheme } = useTheme()
  const [idle, setIdle] = useState(false)
  useEffect(() => {
    // Safari has no idle callback.
    const wait = globalThis.requestIdleCallback ?? (callback => setTimeout(callback, IDLE_MS))
    wait(() => setIdle(true), { timeout: IDLE_MS })
  }, [])
  if (!idle) return null
  return (
    <Suspense>
      <Toaster
        containerAriaLabel={t('messages')}
        theme={resolvedTheme === 'dark' ? 'dark' : 'light'}
        position="bottom-center"
        toastOptions={{
          className:
            '!rounded-control !border-line !bg-surface !font-sans !text-base !text-ink !shadow-float',
        }}
      />
    </Suspense>
  )
}

/** Milliseconds after which a browser that is never idle loads it all the same. */
const IDLE_MS = 2_000
