import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { HealFlow } from '../../components/heal/heal-flow.tsx'
import { parseInfoHash } from '../../lib/torrent/ids.ts'

interface HealPageProps {
  readonly searchParams: Promise<{ share?: string | string[] }>
}

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('heal')
  return { title: t('title'), description: t('lead') }
}

export default async function HealPage({ searchParams }: HealPageProps) {
  const { share } = await searchParams
  const t = await getTranslations('heal')
  return (
    <div className="pt-6 pb-8 sm:pt-12">
      <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('title')}</h1>
      <p className="mt-3 mb-6 max-w-xl text-lg text-muted">{t('lead')}</p>
      <HealFlow infoHash={typeof share === 'string' ? parseInfoHash(share) : null} />
    </div>
  )
}
