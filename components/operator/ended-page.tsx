import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { MessagePage } from '../shell/message-page.tsx'
import { Button } from '../ui/button.tsx'

/** In place of a share that ended by itself. */
export function EndedPage({ at }: { readonly at: Date }) {
  const t = useTranslations('ended')
  const locale = useLocale()
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(at)
  return (
    <div data-error="share_expired">
      <MessagePage title={t('title')} text={t('text', { date: day })}>
        <p className="max-w-prose">{t('again')}</p>
        <Button asChild look="primary">
          <Link href="/">{t('action')}</Link>
        </Button>
      </MessagePage>
    </div>
  )
}
