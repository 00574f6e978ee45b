import { useTranslations } from 'next-intl'
import { ProgressAnnouncer } from '../../../common/progress-announcer.tsx'
import { Button } from '../../../ui/button.tsx'
import { Progress } from '../../../ui/progress.tsx'

interface SavingProgressProps {
  /** 0 to 1. */
  readonly value: number
  readonly text: string
  readonly onCancel: () => void
}

/** Progress of saving, with a button to cancel it. */
export function SavingProgress({ value, text, onCancel }: SavingProgressProps) {
  const t = useTranslations('save')
  return (
    <div className="space-y-3" data-saving={value}>
      <Progress value={value} label={t('saving')} valueText={text} />
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <p className="text-muted tabular-nums">{text}</p>
        <Button onClick={onCancel}>{t('cancel')}</Button>
      </div>
      <ProgressAnnouncer state={t('saving')} value={value} />
    </div>
  )
}
