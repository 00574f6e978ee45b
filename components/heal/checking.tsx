import { useTranslations } from 'next-intl'
import type { CheckProgress } from '../../lib/heal/check-copy.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { ProgressAnnouncer } from '../common/progress-announcer.tsx'
import { Button } from '../ui/button.tsx'
import { Progress } from '../ui/progress.tsx'

interface CheckingProps {
  /** Null until the first byte is read. */
  readonly progress: CheckProgress | null
  readonly onCancel: () => void
}

/** Progress of a check, with a button to cancel it. */
export function Checking({ progress, onCancel }: CheckingProps) {
  const t = useTranslations('heal')
  const format = useFormat()
  const { bytesDone = 0, bytesTotal = 0, rate = 0, timeLeft = null } = progress ?? {}
  const value = bytesTotal === 0 ? 0 : bytesDone / bytesTotal
  return (
    <section data-progress={value} data-rate={Math.round(rate)} className="card space-y-4 p-4 sm:p-6">
      <div className="flex items-baseline justify-between gap-4 tabular-nums">
        <h2 className="font-bold text-2xl tracking-tight">{format.timeLeft(timeLeft) ?? t('checking')}</h2>
        <p className="font-bold text-2xl">{format.percent(value)}</p>
      </div>
      <Progress value={value} label={t('checking')} valueText={format.percent(value)} />
      <p className="flex flex-wrap justify-between gap-x-4 text-muted tabular-nums">
        <span>{t('checkedPart', { done: format.bytes(bytesDone), total: format.bytes(bytesTotal) })}</span>
        <span>{format.rate(rate)}</span>
      </p>
      <ProgressAnnouncer state={t('checking')} value={value} />
      <Button onClick={onCancel}>{t('cancelCheck')}</Button>
    </section>
  )
}
