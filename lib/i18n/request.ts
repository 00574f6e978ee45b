import { cookies, headers } from 'next/headers'
import { getRequestConfig } from 'next-intl/server'
import { chooseLocale, LOCALE_COOKIE, type Locale } from './locales.ts'
import { type Catalogue, withFallback } from './with-fallback.ts'

const CATALOGUES = {
  en: () => import('./messages/en.json'),
  de: () => import('./messages/de.json'),
  fr: () => import('./messages/fr.json'),
  es: () => import('./messages/es.json'),
  ja: () => import('./messages/ja.json'),
  ar: () => import('./messages/ar.json'),
} satisfies Record<Locale, () => Promise<{ default: Catalogue }>>

const ADMIN = {
  en: () => import('./messages/admin-en.json'),
  de: () => import('./messages/admin-de.json'),
  fr: () => import('./messages/admin-fr.json'),
  es: () => import('./messages/admin-es.json'),
  ja: () => import('./messages/admin-ja.json'),
  ar: () => import('./messages/admin-ar.json'),
} satisfies Record<Locale, () => Promise<{ default: Catalogue }>>

type Loaders = Readonly<Record<Locale, () => Promise<{ default: Catalogue }>>>

/** A sentence that has no translation is there in English. */
async function complete<English extends Catalogue>(loaders: Loaders, locale: Locale): Promise<English> {
  const english = (await loaders.en()).default
  const catalogue = locale === 'en' ? english : withFallback((await loaders[locale]()).default, english)
  return catalogue as English
}

/** The texts of `/admin`: too many for pages that do not show them. */
export const adminMessages = (locale: Locale) =>
  complete<Awaited<ReturnType<(typeof ADMIN)['en']>>['default']>(ADMIN, locale)

/** Language and catalogue of the current request, or of the language that the page names, for next-intl. */
export default getRequestConfig(async ({ locale: named }) => {
  const chosen = named ?? (await cookies()).get(LOCALE_COOKIE)?.value
  const locale = chooseLocale(chosen, (await headers()).get('accept-language'))
  return { locale, messages: await complete(CATALOGUES, locale), timeZone: 'UTC' }
})
