import { useTranslations } from 'next-intl'
import type { AppError } from '../../../lib/base/errors.ts'
import type { CachedShareStatus, Share } from '../../../lib/protocol/share.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Switch } from '../../ui/switch.tsx'

interface KeepAliveProps {
  readonly share: Share
  readonly kept: CachedShareStatus
  readonly error: AppError | undefined
  readonly onAsk: (on: boolean) => void
}

/** Ask the server to cache the share, so that this tab can be closed. */
export function KeepAlive({ error, kept, onAsk, share }: KeepAliveProps) {
  const t = useTranslations('keepAlive')
  const format = useFormat()
  const problem = error?.code ?? kept.problem
  const fraction = share.length === 0 ? 1 : kept.have / share.length
  return (
    <div className="space-y-3 border-edge border-t pt-4">
      <Switch checked={kept.asked} label={t('switch')} hint={t('hint')} onChange={onAsk} />
      {kept.asked && kept.kept !== 'yes' && (
        <div className="space-y-1">
          <Progress label={t('progress')} value={fraction} valueText={format.percent(fraction)} />
          <p className="text-muted text-sm">{t('fetching', { percent: format.percent(fraction) })}</p>
        </div>
      )}
      <p role="status" className={kept.kept === 'yes' ? 'text-sm' : 'sr-only'}>
        {kept.kept === 'yes' && t('done')}
      </p>
      {problem && <ErrorNotice code={problem} />}
    </div>
  )
}
