import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { NearbyView } from '../../components/nearby/nearby-view.tsx'

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('nearby')
  return { title: t('title'), description: t('intro') }
}

export default async function NearbyPage() {
  const t = await getTranslations('nearby')
  return (
    <div className="space-y-6 pt-4 pb-8 sm:pt-8">
      <header>
        <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('title')}</h1>
        <p className="mt-1 max-w-prose text-muted">{t('intro')}</p>
      </header>
      <NearbyView />
    </div>
  )
}
