import { useLocale, useTranslations } from 'next-intl'
import { useMemo } from 'react'
import {
  formatBytes,
  formatCopies,
  formatCount,
  formatPercent,
  formatRate,
  roundDuration,
} from '../../base/format.ts'

/** Every formatter of `lib/base/format.ts` in the page's language, and durations in words. */
export function useFormat() {
  const locale = useLocale()
  const t = useTranslations('units')
  return useMemo(
    () => ({
      bytes: (bytes: number) => formatBytes(bytes, locale),
      rate: (bytesPerSecond: number) => formatRate(bytesPerSecond, locale),
      count: (count: number) => formatCount(count, locale),
      percent: (fraction: number) => formatPercent(fraction, locale),
      copies: (copies: number) => formatCopies(copies, locale),
      files: (count: number) => t('files', { count }),
      /** `about 4 minutes left`, or null when it is unknown. `seconds` as from a rate meter. */
      timeLeft: (seconds: number | null): string | null => {
        const duration = roundDuration(seconds)
        if (!duration) return null
        const { unit, value } = duration
        return t('timeLeft', { time: unit === 'moment' ? t('moment') : t(unit, { value }) })
      },
    }),
    [locale, t],
  )
}
