import { useTranslations } from 'next-intl'
import { useEffect, useRef } from 'react'
import type { SharePlan } from '../../lib/publish/plan.ts'
import type { PublishProgress } from '../../lib/publish/progress.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { ProgressAnnouncer } from '../common/progress-announcer.tsx'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'
import { Progress } from '../ui/progress.tsx'

interface HashingViewProps {
  readonly plan: SharePlan
  readonly progress: PublishProgress
  readonly onCancel: () => void
}

export function HashingView({ plan, progress, onCancel }: HashingViewProps) {
  const t = useTranslations('hashing')
  const format = useFormat()
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that had the focus is gone.
  useEffect(() => {
    heading.current?.focus()
  }, [])
  const { bytesDone, bytesTotal, filesDone, isServerAway, resumedFrom, rate, sent, timeLeft } = progress
  const value = bytesDone / bytesTotal
  const registering = bytesDone === bytesTotal
  // Small requests are gone in a moment.
  const step = sent !== null && sent < 1 ? t('sending', { percent: format.percent(sent) }) : t('registering')
  return (
    <div
      data-state="hashing"
      data-progress={value}
      data-files-done={filesDone}
      data-resumed-from={resumedFrom}
      data-rate={Math.round(rate)}
      className="card mt-4 space-y-5 p-5 sm:mt-8 sm:p-8"
    >
      <div>
        <h1
          ref={heading}
          tabIndex={-1}
          className="break-words font-bold text-2xl tracking-tight outline-none [overflow-wrap:anywhere]"
        >
          {t('title', { name: visibleName(plan.name) })}
        </h1>
        <p className="mt-1 text-muted">{t('why')}</p>
        {resumedFrom > 0 && (
          <p role="status" className="mt-1 text-muted">
            {t('resumed', { size: format.bytes(resumedFrom) })}
          </p>
        )}
      </div>
      {isServerAway && (
        <Notice tone="amber" role="status" data-error="server_unreachable">
          <p>{t('away')}</p>
        </Notice>
      )}
      <Progress value={value} label={t('progress')} valueText={format.percent(value)} />
      <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1 tabular-nums">
        <p className="font-semibold text-lg">
          {registering ? step : (format.timeLeft(timeLeft) ?? format.percent(value))}
        </p>
        <p className="text-muted">
          {t('files', { done: format.count(filesDone), total: plan.files.length })} · {format.rate(rate)}
        </p>
      </div>
      <ProgressAnnouncer state={registering ? t('registering') : t('progress')} value={value} />
      <Button onClick={onCancel}>{t('cancel')}</Button>
    </div>
  )
}
