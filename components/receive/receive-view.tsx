'use client'

import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { useMissingCapability } from '../../lib/react/page/use-missing-capability.ts'
import { useReceiving } from '../../lib/react/receive/use-receiving.ts'
import { AlertChoice } from '../common/alert-choice.tsx'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Disclosure } from '../ui/disclosure.tsx'
import { Notice } from '../ui/notice.tsx'
import { AskForm } from './ask-form.tsx'
import { InboxCard } from './inbox-card.tsx'
import { useDeliveryAlerts } from './use-delivery-alerts.ts'

/** Somebody looks on. */
const INTERVAL_MS = 5_000

/** For who asks for files: make a link, and see what comes. Links begin with `origin`. */
export function ReceiveView({ origin }: { readonly origin: string }) {
  const t = useTranslations()
  const { inboxes, isAway, receiving, states } = useReceiving(INTERVAL_MS)
  const { alerts, change } = useDeliveryAlerts(inboxes)
  const missing = useMissingCapability()
  /** The one that was made last. */
  const [made, setMade] = useState<string | null>(null)
  if (missing) return <ErrorNotice code={missing} />
  if (inboxes === undefined) {
    return (
      <>
        <noscript className="block">
          <Notice tone="amber">
            <p>{t('noScript.publish')}</p>
          </Notice>
        </noscript>
        <p className="py-8 text-muted noscript:hidden">{t('library.looking')}</p>
      </>
    )
  }
  const ask = async (title: string) => setMade(await receiving().create(title))
  const form = <AskForm onAsk={ask} />
  return (
    <div data-receive={inboxes.length} className="space-y-6">
      {isAway && (
        <Notice tone="amber" role="status" data-error="server_unreachable">
          <p>{t('hashing.away')}</p>
        </Notice>
      )}
      {inboxes.map(inbox => (
        <InboxCard
          key={inbox.id}
          inbox={inbox}
          origin={origin}
          states={states}
          receiving={receiving}
          isNew={inbox.id === made}
        />
      ))}
      {inboxes.some(({ ended }) => !ended) && (
        <section className="card p-4 sm:px-6">
          <AlertChoice
            alerts={alerts}
            hints={{
              notification: t('receive.alerts.notificationHint'),
              sound: t('receive.alerts.soundHint'),
            }}
            onAlerts={change}
          />
        </section>
      )}
      {inboxes.length === 0 ? (
        <section className="card p-4 sm:p-6">{form}</section>
      ) : (
        <Disclosure title={t('receive.another')} className="card px-4 sm:px-5">
          {form}
        </Disclosure>
      )}
      <p className="max-w-prose text-muted text-sm">{t('receive.private')}</p>
    </div>
  )
}
