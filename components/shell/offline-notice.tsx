'use client'

import { useOffline } from 'next/offline'
import { useTranslations } from 'next-intl'
import { useEffect } from 'react'
import { failOnGatewayErrors } from '../../lib/react/page/gateway-errors.ts'
import { toast } from '../common/toast.ts'

/** Id of the message. */
const OFFLINE = 'offline'

/** Says that a page which was asked for waits for the server; shares in this tab go on meanwhile. */
export function OfflineNotice() {
  const t = useTranslations('shell')
  const offline = useOffline()
  useEffect(failOnGatewayErrors, [])
  useEffect(() => {
    if (!offline) return
    toast.loading(t('offline'), OFFLINE)
    return () => toast.dismiss(OFFLINE)
  }, [offline, t])
  return null
}
