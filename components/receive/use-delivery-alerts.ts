import { useTranslations } from 'next-intl'
import type { SavedInbox } from '../../lib/browser/records/saved-inboxes.ts'
import { useAlerts } from '../../lib/react/page/use-alerts.ts'
import { useDocumentTitle } from '../../lib/react/page/use-document-title.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { useDeliveries } from './use-deliveries.ts'

/** Says what arrives in the tab's title, and what is whole also as the person chose. `onArrived` gets its name. */
export function useDeliveryAlerts(
  inboxes: readonly SavedInbox[] | undefined,
  onArrived?: (text: string) => void,
) {
  const t = useTranslations('receive')
  const format = useFormat()
  const { alerts, change, raise } = useAlerts()
  const { arrived, progress } = useDeliveries(inboxes, ({ infoHash, title }) => {
    const text = t('alerts.title', { name: visibleName(title) || t('unnamed') })
    raise({ title: text, body: t('alerts.body'), about: infoHash, path: '/receive' })
    onArrived?.(text)
  })
  useDocumentTitle(title())
  return { alerts, change }

  function title(): string | null {
    if (progress !== null) return t('tab.coming', { percent: format.percent(progress) })
    return arrived > 0 ? t('tab.arrived', { count: arrived }) : null
  }
}
