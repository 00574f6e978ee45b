import { useTranslations } from 'next-intl'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { Notice } from '../../ui/notice.tsx'

interface ClosingNoticeProps {
  /** Complete copies elsewhere in the swarm, with their fraction. */
  readonly copies: number
  /** What this server has of its copy, 0 to 1; null: it keeps none. */
  readonly onServer: number | null
  /** People connected, without the server. */
  readonly people: number
  /** Completed downloads until now. */
  readonly downloads: number
  /** Given: it was sent to who asked for it, and whether they have it. */
  readonly sent?: 'arrived' | 'on-its-way'
}

/** Whether this tab can be closed, and what that means. Text and shape say the same as the colour. */
export function ClosingNotice(props: ClosingNoticeProps) {
  const t = useTranslations('publisher.light')
  const words = useTranslations('receive.outbox.light')
  const format = useFormat()
  const { tone, title, text, spoken } = light(props)
  return (
    <Notice tone={tone} title={title} data-light={tone}>
      <p>{text}</p>
      <p role="status" className="sr-only">
        {spoken}
      </p>
    </Notice>
  )

  /** `spoken` is the title for screen readers, which announce only every further tenth. */
  function light({ copies, downloads, onServer, people, sent }: ClosingNoticeProps) {
    if (sent === 'arrived') {
      const title = t('fullTitle')
      return { tone: 'green', title, text: words('arrived'), spoken: title } as const
    }
    if (onServer === 1) {
      const text = sent ? words('server') : t('server')
      return { tone: 'green', title: t('serverTitle'), text, spoken: t('serverTitle') } as const
    }
    if (copies >= 1) {
      const text = copies < 2 ? t('fullOne') : t('full', { copies: format.count(Math.floor(copies)) })
      return { tone: 'green', title: t('fullTitle'), text, spoken: t('fullTitle') } as const
    }
    if (copies > 0) {
      const titleKey = onServer !== null && people === 0 ? 'serverPartTitle' : 'partTitle'
      const part = (fraction: number) => t(titleKey, { percent: format.percent(fraction) })
      return {
        tone: 'amber',
        // A small part is not shown as 0 %.
        title: part(Math.max(0.01, copies)),
        text: sent ? words('part') : t('part'),
        spoken: part(Math.max(0.1, Math.floor(copies * 10) / 10)),
      } as const
    }
    if (downloads > 0 && people === 0) {
      const title = t('deliveredTitle')
      return { tone: 'green', title, text: t('delivered'), spoken: title } as const
    }
    const text = sent ? words('none') : t('none')
    return { tone: 'red', title: t('noneTitle'), text, spoken: t('noneTitle') } as const
  }
}
