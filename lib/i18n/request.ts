import { cookies, headers } from 'next/headers'
import { getRequestConfig } from 'next-intl/server'
import { chooseLocale, LOCALE_COOKIE, type Locale } from './locales.ts'

const CATALOGUES = {
  en: () => import('./messages/en.json'),
  de: () => import('./messages/de.json'),
} satisfies Record<Locale, () => Promise<unknown>>

const ADMIN = {
  en: () => import('./messages/admin-en.json'),
  de: () => import('./messages/admin-de.json'),
} satisfies Record<Locale, () => Promise<unknown>>

/** The texts of `/admin`: too many for pages that do not show them. */
export const adminMessages = async (locale: Locale) => (await ADMIN[locale]()).default

/** Language and catalogue of the current request, for next-intl. */
export default getRequestConfig(async () => {
  const chosen = (await cookies()).get(LOCALE_COOKIE)?.value
  const locale = chooseLocale(chosen, (await headers()).get('accept-language'))
  return { locale, messages: (await CATALOGUES[locale]()).default, timeZone: 'UTC' }
})
