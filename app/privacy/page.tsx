import type { Metadata } from 'next'
import { headers } from 'next/headers'
import { getTranslations } from 'next-intl/server'
import { ContactLink } from '../../components/operator/contact-link.tsx'
import { PlainText } from '../../components/operator/plain-text.tsx'
import { services } from '../../server/pages/services.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('operator'))('privacy'), robots: { index: false } }
}

const FACTS = ['shares', 'peers', 'log'] as const
const MORE_FACTS = ['reports', 'browser'] as const

export default async function PrivacyPage() {
  await headers()
  const { contact, keepAddresses, privacy } = services().operator
  const t = await getTranslations('operator')
  return (
    <article className="space-y-6 pt-4 pb-8 sm:pt-8">
      <header>
        <h1 className="font-bold text-3xl tracking-tight sm:text-4xl">{t('privacy')}</h1>
        <p className="mt-1 text-muted">{t('privacyLead')}</p>
      </header>
      <ul className="max-w-prose list-disc space-y-2 ps-5">
        {FACTS.map(fact => (
          <li key={fact}>{t(fact)}</li>
        ))}
        <li data-keeps-addresses={keepAddresses ?? 0}>
          {keepAddresses === undefined ? t('noAddresses') : t('addresses', { days: keepAddresses })}
        </li>
        {MORE_FACTS.map(fact => (
          <li key={fact}>{t(fact)}</li>
        ))}
      </ul>
      {privacy !== null && 'text' in privacy && <PlainText text={privacy.text} />}
      {privacy !== null && 'url' in privacy && (
        <p>
          {t.rich('elsewhere', {
            host: new URL(privacy.url).host,
            link: host => (
              <a href={privacy.url} rel="noreferrer" className="underline underline-offset-4">
                {host}
              </a>
            ),
          })}
        </p>
      )}
      {contact !== undefined && (
        <p>
          {t('contact')}: <ContactLink contact={contact} />
        </p>
      )}
    </article>
  )
}
