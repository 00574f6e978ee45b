'use client'

import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { useReceiving } from '../../lib/react/receive/use-receiving.ts'
import { toast } from '../common/toast.ts'
import { useDeliveryAlerts } from './use-delivery-alerts.ts'

/** Nobody looks on. */
const INTERVAL_MS = 15_000

/** Fetches what comes for this browser while another page than `/receive` is open, and says so. */
export function InboxWatch() {
  const t = useTranslations('receive')
  const router = useRouter()
  const { inboxes } = useReceiving(INTERVAL_MS)
  useDeliveryAlerts(inboxes, text =>
    toast.act(text, { label: t('alerts.show'), onClick: () => router.push('/receive') }),
  )
  return null
}
