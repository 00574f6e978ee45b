import type { Metadata } from 'next'
import { useTranslations } from 'next-intl'
import { getTranslations } from 'next-intl/server'
import { LibraryView } from '../../components/library/library-view.tsx'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('library'))('title') }
}

export default function LibraryPage() {
  const t = useTranslations('library')
  return (
    <div className="space-y-6 pt-4 pb-8 sm:pt-8">
      <header>
        <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('title')}</h1>
        <p className="mt-1 max-w-prose text-muted">{t('intro')}</p>
      </header>
      <LibraryView />
    </div>
  )
}
