import { useTranslations } from 'next-intl'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import type { Share } from '../../lib/protocol/share.ts'
import { Notice } from '../ui/notice.tsx'

interface TrackerNoticeProps {
  readonly share: Share
  readonly swarm: SwarmSnapshot
}

/** Shown while the tracker cannot be reached: no new peers are found, open connections stay. */
export function TrackerNotice({ share, swarm }: TrackerNoticeProps) {
  const t = useTranslations('share')
  if (swarm.tracker !== 'unreachable') return null
  return (
    <Notice tone="amber" role="status">
      <p>{t('trackerUnreachable', { site: new URL(share.links.page).host })}</p>
    </Notice>
  )
}
