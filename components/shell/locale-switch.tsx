'use client'

import { useRouter } from 'next/navigation'
import { useLocale, useTranslations } from 'next-intl'
import { LOCALE_COOKIE, LOCALE_NAMES, LOCALES } from '../../lib/i18n/locales.ts'

const YEAR_SECONDS = 31_536_000

/** Every language under its own name. Running shares go on while the page renders again. */
export function LocaleSwitch() {
  const t = useTranslations('shell')
  const router = useRouter()
  const current = useLocale()
  return (
    <span className="relative flex min-h-11 min-w-11 items-center justify-center gap-2 rounded-control px-2 font-semibold text-muted text-sm focus-within:outline-2 focus-within:outline-leaf hover:bg-sunken hover:text-ink noscript:hidden">
      <span aria-hidden="true" className="uppercase sm:hidden">
        {current}
      </span>
      <span aria-hidden="true" className="max-sm:hidden">
        {LOCALE_NAMES[current]}
      </span>
      {/* The browser's own list, which every phone shows well; what is seen of it is above. */}
      <select
        aria-label={t('language')}
        value={current}
        className="absolute inset-0 cursor-pointer opacity-0"
        onChange={({ currentTarget }) => {
          // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
          document.cookie = `${LOCALE_COOKIE}=${currentTarget.value}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`
          router.refresh()
        }}
      >
        {LOCALES.map(locale => (
          <option key={locale} value={locale} lang={locale}>
            {LOCALE_NAMES[locale]}
          </option>
        ))}
      </select>
    </span>
  )
}
