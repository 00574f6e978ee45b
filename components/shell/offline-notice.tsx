'use client'

import { useOffline } from 'next/offline'
import { useTranslations } from 'next-intl'
import { useEffect } from 'react'
import { toast } from 'sonner'
import { failOnGatewayErrors } from '../../lib/react/page/gateway-errors.ts'

/** Says that a page which was asked for waits for the server; shares in this tab go on meanwhile. */
export function OfflineNotice() {
  const t = useTranslations('shell')
  const offline = useOffline()
  useEffect(failOnGatewayErrors, [])
  useEffect(() => {
    if (!offline) return
    const notice = toast.loading(t('offline'), { duration: Number.POSITIVE_INFINITY, dismissible: false })
    return () => {
      toast.dismiss(notice)
    }
  }, [offline, t])
  return null
}
