import { useTranslations } from 'next-intl'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useLoss } from '../../lib/react/share/use-loss.ts'
import { useElsewhere } from '../../lib/react/share/use-swarm.ts'
import { Notice } from '../ui/notice.tsx'

/** Another tab runs the share, the browser deleted some of it, or it is lost when this tab closes. */
export function TabNotices({ swarm }: { readonly swarm: SwarmSnapshot }) {
  const t = useTranslations('tabNotices')
  const format = useFormat()
  const elsewhere = useElsewhere(swarm.infoHash)
  const lost = useLoss(swarm.infoHash)
  return (
    <>
      {elsewhere && (
        <p data-elsewhere="true" className="text-muted text-sm">
          {t('elsewhere')}
        </p>
      )}
      {lost > 0 && (
        <Notice
          tone="amber"
          role="status"
          title={t('lostTitle', { size: format.bytes(lost) })}
          data-lost={lost}
        >
          <p>{t('lostText')}</p>
        </Notice>
      )}
      {swarm.keptIn === 'memory' && swarm.state !== 'done' && (
        <Notice tone="amber" title={t('memoryTitle')}>
          <p>{t('memoryText')}</p>
        </Notice>
      )}
    </>
  )
}
