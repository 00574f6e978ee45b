import { BellRing } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { askToNotify, notificationState } from '../../lib/browser/notifications.ts'
import type { Alerts } from '../../lib/browser/records/alerts.ts'
import { Button } from '../ui/button.tsx'
import { Switch } from '../ui/switch.tsx'

interface AlertChoiceProps {
  readonly alerts: Alerts
  /** When it is said, each a sentence. */
  readonly hints: { readonly notification: string; readonly sound: string }
  readonly onAlerts: (change: Partial<Alerts>) => void
}

/** How the person wants to hear of an arrival. Shown once one can be expected: the browser is asked on the click, and not before. */
export function AlertChoice({ alerts, hints, onAlerts }: AlertChoiceProps) {
  const t = useTranslations('publisher.alerts')
  const state = notificationState()
  const ask = async () => onAlerts({ notification: (await askToNotify()) === 'granted' })
  return (
    <div data-alerts={state} className="space-y-3">
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
          hint={hints.notification}
          onChange={notification => onAlerts({ notification })}
        />
      )}
      {state === 'denied' && <p className="text-muted text-sm">{t('denied')}</p>}
      <Switch
        checked={alerts.sound}
        label={t('sound')}
        hint={hints.sound}
        onChange={sound => onAlerts({ sound })}
      />
    </div>
  )
}
