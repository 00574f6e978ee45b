import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { ReceiveView } from '../../components/receive/receive-view.tsx'
import { services } from '../../server/pages/services.ts'

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations('receive')
  return { title: t('title'), description: t('lead') }
}

export default async function ReceivePage() {
  // Awaited first: it makes Next render per request, because a build has none.
  const origin = services().publicUrl(await headers())
  if (!services().terms.receive) notFound()
  const t = await getTranslations('receive')
  return (
    <div className="pt-6 pb-8 sm:pt-12">
      <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('title')}</h1>
      <p className="mt-3 mb-6 max-w-xl text-lg text-muted">{t('lead')}</p>
      <ReceiveView origin={origin} />
    </div>
  )
}
