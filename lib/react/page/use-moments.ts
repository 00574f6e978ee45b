import { useLocale } from 'next-intl'
import { useMemo } from 'react'
import { formatAgo, formatMoment } from '../../i18n/moments.ts'

/** Points in time in the page's language. */
export function useMoments() {
  const locale = useLocale()
  return useMemo(
    () => ({
      /** In the browser's time zone, so not while the server renders; see `formatMoment`. */
      moment: (time: number) => formatMoment(time, new Date(), locale),
      /** See `formatAgo`. */
      ago: (milliseconds: number) => formatAgo(milliseconds, locale),
    }),
    [locale],
  )
}
