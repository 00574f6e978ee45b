import { useTranslations } from 'next-intl'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { ProgressAnnouncer } from '../../common/progress-announcer.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'

interface RestoreCheckingProps {
  readonly bytesDone: number
  /** 0: only a few pieces are checked, too quick to show. */
  readonly bytesTotal: number
}

/** The files of a publication are compared with what was published. */
export function RestoreChecking({ bytesDone, bytesTotal }: RestoreCheckingProps) {
  const t = useTranslations('restore')
  const format = useFormat()
  const value = bytesTotal === 0 ? 0 : bytesDone / bytesTotal
  return (
    <Notice tone="plain" title={t('checking')}>
      <p>{t(bytesTotal === 0 ? 'lookingText' : 'checkingText')}</p>
      {bytesTotal > 0 && (
        <Progress
          value={value}
          label={t('checking')}
          valueText={format.percent(value)}
          className="mt-3 w-full"
        />
      )}
      <ProgressAnnouncer state={t('checking')} value={value} />
    </Notice>
  )
}
