import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { Name } from '../common/name.tsx'
import { MessagePage } from '../shell/message-page.tsx'
import { Button } from '../ui/button.tsx'
import { ContactLink } from './contact-link.tsx'

interface BlockedPageProps {
  readonly reason: string
  readonly at: Date
  readonly contact: string | undefined
}

/** In place of a share that the operator blocked: since when, why, and how to appeal. */
export function BlockedPage({ at, contact, reason }: BlockedPageProps) {
  const t = useTranslations('blocked')
  const locale = useLocale()
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(at)
  return (
    <div data-error="share_blocked">
      <MessagePage title={t('title')} text={t('text', { date: day })}>
        {reason !== '' && (
          <p className="max-w-prose whitespace-pre-line [overflow-wrap:anywhere]">
            <span className="font-semibold">{t('reason')}</span> <Name text={reason} lines />
          </p>
        )}
        <p className="max-w-prose">
          {contact === undefined
            ? t('appeal')
            : t.rich('appealTo', { contact: () => <ContactLink contact={contact} /> })}
        </p>
        <Button asChild look="primary">
          <Link href="/">{t('action')}</Link>
        </Button>
      </MessagePage>
    </div>
  )
}
