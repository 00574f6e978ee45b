'use client'

import { useRouter } from 'next/navigation'
import { useLocale } from 'next-intl'
import { LOCALE_COOKIE, LOCALE_NAMES, LOCALES } from '../../lib/i18n/locales.ts'
import { Button } from '../ui/button.tsx'

const YEAR_SECONDS = 31_536_000

/** Offers the next language in that language. Running shares go on while the page renders again. */
export function LocaleSwitch() {
  const router = useRouter()
  const current = useLocale()
  const next = LOCALES[(LOCALES.indexOf(current) + 1) % LOCALES.length] ?? LOCALES[0]
  return (
    <Button
      look="quiet"
      lang={next}
      className="min-w-11 px-2! text-sm noscript:hidden"
      onClick={() => {
        // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
        document.cookie = `${LOCALE_COOKIE}=${next}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`
        router.refresh()
      }}
    >
      <span className="sr-only sm:not-sr-only">{LOCALE_NAMES[next]}</span>
      <span aria-hidden="true" className="uppercase sm:hidden">
        {next}
      </span>
    </Button>
  )
}
