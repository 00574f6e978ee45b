import { useTranslations } from 'next-intl'
import { useFormat } from '../../lib/react/use-format.ts'
import { Notice } from '../ui/notice.tsx'

/**
 * The heart of the publisher's page: may this tab be closed? `copies` are the complete copies elsewhere in the
 * swarm, with their fraction. Words and shape say it as well as the colour.
 */
export function CloseLight({ copies }: { readonly copies: number }) {
  const t = useTranslations('publisher.light')
  const format = useFormat()
  if (copies <= 0) {
    return (
      <Notice tone="red" role="status" title={t('noneTitle')} data-light="red">
        <p>{t('none')}</p>
      </Notice>
    )
  }
  if (copies < 1) {
    return (
      <Notice tone="amber" role="status" title={t('partTitle')} data-light="amber">
        <p>{t('part', { percent: format.percent(Math.max(0.01, copies)) })}</p>
      </Notice>
    )
  }
  return (
    <Notice tone="green" role="status" title={t('fullTitle')} data-light="green">
      <p>{copies < 2 ? t('fullOne') : t('full', { copies: format.count(Math.floor(copies)) })}</p>
    </Notice>
  )
}
