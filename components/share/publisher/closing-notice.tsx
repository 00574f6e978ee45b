import { useTranslations } from 'next-intl'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { Notice } from '../../ui/notice.tsx'

/**
 * The heart of the publisher's page: may this tab be closed? `copies` are the complete copies elsewhere in the
 * swarm, with their fraction. Words and shape say it as well as the colour.
 */
export function CloseLight({ copies }: { readonly copies: number }) {
  const t = useTranslations('publisher.light')
  const format = useFormat()
  const { tone, title, text, spoken } = light()
  return (
    <Notice tone={tone} title={title} data-light={tone}>
      <p>{text}</p>
      <p role="status" className="sr-only">
        {spoken}
      </p>
    </Notice>
  )

  /** `spoken` is `title` for screen readers, which should not hear of each further percent. */
  function light() {
    if (copies <= 0) {
      return { tone: 'red', title: t('noneTitle'), text: t('none'), spoken: t('noneTitle') } as const
    }
    if (copies < 1) {
      const part = (fraction: number) => t('partTitle', { percent: format.percent(fraction) })
      return {
        tone: 'amber',
        // Something is more than nothing.
        title: part(Math.max(0.01, copies)),
        text: t('part'),
        spoken: part(Math.max(0.1, Math.floor(copies * 10) / 10)),
      } as const
    }
    const text = copies < 2 ? t('fullOne') : t('full', { copies: format.count(Math.floor(copies)) })
    return { tone: 'green', title: t('fullTitle'), text, spoken: t('fullTitle') } as const
  }
}
