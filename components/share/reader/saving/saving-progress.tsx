import { useTranslations } from 'next-intl'
import { useFormat } from '../../../../lib/react/page/use-format.ts'
import { ProgressAnnouncer } from '../../../common/progress-announcer.tsx'
import { Button } from '../../../ui/button.tsx'
import { Progress } from '../../../ui/progress.tsx'

interface SavingProgressProps {
  /** Of the file, where it is one of several things that may be saved. */
  readonly name?: string
  /** 0 to 1. */
  readonly value: number
  readonly text: string
  /** Seconds; null: not known. */
  readonly timeLeft: number | null
  readonly onCancel: () => void
}

/** Progress of saving, with a button to cancel it. */
export function SavingProgress({ name, onCancel, text, timeLeft, value }: SavingProgressProps) {
  const t = useTranslations('save')
  const format = useFormat()
  const label = name === undefined ? t('saving') : t('savingFile', { name })
  const amount = [text, value < 1 && format.timeLeft(timeLeft)].filter(Boolean).join(' · ')
  return (
    <div className="space-y-3" data-saving={value}>
      {name !== undefined && <p className="break-words font-semibold [overflow-wrap:anywhere]">{label}</p>}
      <Progress value={value} label={label} valueText={amount} />
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <p className="text-muted tabular-nums">{amount}</p>
        <Button onClick={onCancel}>{t('cancel')}</Button>
      </div>
      <ProgressAnnouncer state={label} value={value} />
    </div>
  )
}
