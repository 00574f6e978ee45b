import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { PlainText } from '../../components/operator/plain-text.tsx'
import { services } from '../../server/pages/services.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('operator'))('terms'), robots: { index: false } }
}

export default async function TermsPage() {
  await headers()
  const { terms } = services().operator
  if (terms === null || 'url' in terms) notFound()
  const t = await getTranslations('operator')
  return (
    <article className="space-y-4 pt-4 pb-8 sm:pt-8">
      <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('terms')}</h1>
      <PlainText text={terms.text} />
    </article>
  )
}
