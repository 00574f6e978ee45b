import { useTranslations } from 'next-intl'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { Notice } from '../../ui/notice.tsx'

/**
 * Whether this tab can be closed. `copies`: complete copies elsewhere in the swarm, with their fraction. Text and shape say
 * the same as the colour.
 */
export function ClosingNotice({ copies }: { readonly copies: number }) {
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

  /** `spoken` is the title for screen readers, which announce only every further tenth. */
  function light() {
    if (copies <= 0) {
      return { tone: 'red', title: t('noneTitle'), text: t('none'), spoken: t('noneTitle') } as const
    }
    if (copies < 1) {
      const part = (fraction: number) => t('partTitle', { percent: format.percent(fraction) })
      return {
        tone: 'amber',
        // A small part is not shown as 0 %.
        title: part(Math.max(0.01, copies)),
        text: t('part'),
        spoken: part(Math.max(0.1, Math.floor(copies * 10) / 10)),
      } as const
    }
    const text = copies < 2 ? t('fullOne') : t('full', { copies: format.count(Math.floor(copies)) })
    return { tone: 'green', title: t('fullTitle'), text, spoken: t('fullTitle') } as const
  }
}
