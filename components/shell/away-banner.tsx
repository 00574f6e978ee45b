'use client'

import { useRouter } from 'next/navigation'
import { useOffline } from 'next/offline'
import { useTranslations } from 'next-intl'
import { useEffect, useState } from 'react'
import { onKeptPage } from '../../lib/browser/kept-pages.ts'
import { failOnGatewayErrors } from '../../lib/react/page/gateway-errors.ts'

/** Milliseconds between two questions whether the server is back. */
const ASK_AGAIN_MS = 3_000

/** Says that the server is away while a page waits for it, or is one that the service worker kept; shares in this tab go on. */
export function AwayBanner() {
  const t = useTranslations('shell')
  const waits = useOffline()
  const isKept = useKeptPage()
  useEffect(failOnGatewayErrors, [])
  if (!waits && !isKept) return null
  return (
    <p
      role="status"
      data-server="away"
      className="sticky top-0 z-40 border-amber/40 border-b bg-amber-soft px-4 py-2 text-center text-sm print:hidden"
    >
      {t('away')}
    </p>
  )
}

/** Whether the page is one that the service worker kept; when the server answers again, the page is read from it. */
function useKeptPage(): boolean {
  const router = useRouter()
  const [isKept, setKept] = useState(false)
  useEffect(() => onKeptPage(() => setKept(true)), [])
  useEffect(() => {
    if (!isKept) return
    const timer = setInterval(async () => {
      const answer = await fetch('/healthz', { cache: 'no-store' }).catch(() => null)
      if (!answer?.ok) return
      setKept(false)
      router.refresh()
    }, ASK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [isKept, router])
  return isKept
}
