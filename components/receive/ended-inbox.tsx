import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { MessagePage } from '../shell/message-page.tsx'
import { Button } from '../ui/button.tsx'

/** In place of a link to send files with that takes no more. */
export function EndedInbox() {
  const t = useTranslations('receive')
  return (
    <div data-error="inbox_ended">
      <MessagePage title={t('endedTitle')} text={t('endedText')}>
        <Button asChild look="primary">
          <Link href="/">{t('endedAction')}</Link>
        </Button>
      </MessagePage>
    </div>
  )
}
