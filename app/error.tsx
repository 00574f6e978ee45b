'use client'

import { useTranslations } from 'next-intl'
import { MessagePage } from '../components/shell/message-page.tsx'
import { Button } from '../components/ui/button.tsx'

export default function ErrorPage({ reset }: { readonly reset: () => void }) {
  const t = useTranslations('failure')
  return (
    <MessagePage title={t('title')} text={t('text')}>
      <Button look="primary" onClick={reset}>
        {t('retry')}
      </Button>
    </MessagePage>
  )
}
