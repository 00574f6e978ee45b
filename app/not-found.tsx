import type { Metadata } from 'next'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { getTranslations } from 'next-intl/server'
import { MessagePage } from '../components/shell/message-page.tsx'
import { Button } from '../components/ui/button.tsx'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('notFound'))('title') }
}

export default function NotFound() {
  const t = useTranslations('notFound')
  return (
    <MessagePage title={t('title')} text={t('text')}>
      <Button asChild look="primary">
        <Link href="/">{t('action')}</Link>
      </Button>
    </MessagePage>
  )
}
