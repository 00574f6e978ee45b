import { useTranslations } from 'next-intl'
import { useMoments } from '../../../lib/react/page/use-moments.ts'

interface DownloadsLineProps {
  readonly count: number
  /** Milliseconds of Unix time; null: not known. */
  readonly lastAt: number | null
}

/** "Downloaded once, 14:02". */
export function DownloadsLine({ count, lastAt }: DownloadsLineProps) {
  const t = useTranslations('publisher.downloads')
  const { moment } = useMoments()
  return (
    <p role="status" className="font-semibold tabular-nums">
      {count > 0 && (lastAt === null ? t('count', { count }) : t('last', { count, time: moment(lastAt) }))}
    </p>
  )
}
