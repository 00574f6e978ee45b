import { BellRing } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { askToNotify, notificationState } from '../../../lib/browser/notifications.ts'
import type { Alerts } from '../../../lib/browser/records/alerts.ts'
import { Button } from '../../ui/button.tsx'
import { Switch } from '../../ui/switch.tsx'

interface ArrivalsProps {
  readonly alerts: Alerts
  readonly onAlerts: (change: Partial<Alerts>) => void
}

/** How the sender wants to hear that somebody has everything: asked when the first reader comes, and not before. */
export function Arrivals({ alerts, onAlerts }: ArrivalsProps) {
  const t = useTranslations('publisher.alerts')
  const state = notificationState()
  const ask = async () => onAlerts({ notification: (await askToNotify()) === 'granted' })
  return (
    <div data-alerts={state} className="space-y-3 border-edge border-t pt-4">
      {state === 'ask' && (
        <Button onClick={ask}>
          <BellRing aria-hidden="true" />
          {t('ask')}
        </Button>
      )}
      {state === 'granted' && (
        <Switch
          checked={alerts.notification}
          label={t('notification')}
          hint={t('notificationHint')}
          onChange={notification => onAlerts({ notification })}
        />
      )}
      {state === 'denied' && <p className="text-muted text-sm">{t('denied')}</p>}
      <Switch
        checked={alerts.sound}
        label={t('sound')}
        hint={t('soundHint')}
        onChange={sound => onAlerts({ sound })}
      />
    </div>
  )
}
