'use client'

import { useTranslations } from 'next-intl'
import { useMemo } from 'react'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import type { useKeepAlive } from '../../../lib/react/share/use-keep-alive.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Stat, Stats } from '../../common/stats.tsx'
import { Disclosure } from '../../ui/disclosure.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Limits } from '../limits.tsx'
import { ShareLink } from '../links/share-link.tsx'
import { PauseButton } from '../pause-button.tsx'
import { PeersTable } from '../peers-table.tsx'
import { PasswordCopy } from '../sealed/password-copy.tsx'
import { ShareFiles, shareFiles } from '../share-files.tsx'
import { TabNotices } from '../tab-notices.tsx'
import { TrackerNotice } from '../tracker-notice.tsx'
import { UnreachableNotice } from '../unreachable-notice.tsx'
import { ClosingNotice } from './closing-notice.tsx'
import { KeepAlive } from './keep-alive.tsx'
import { Mirrors } from './mirrors.tsx'
import { OwnerActions } from './owner-actions.tsx'
import { RestorePanel } from './restore-panel.tsx'

interface PublisherViewProps {
  readonly share: Share
  readonly swarm: SwarmSnapshot
  readonly owned: OwnedShare | undefined
  /** Somebody else published these files first, or another browser. */
  readonly isOthers: boolean
  readonly keeping: ReturnType<typeof useKeepAlive>
}

/** For the tab that publishes: the link, who downloads, and whether the tab can be closed. */
export function PublisherView({ share, swarm, owned, isOthers, keeping }: PublisherViewProps) {
  const t = useTranslations()
  const format = useFormat()
  const files = useMemo(() => shareFiles(share), [share])
  const paused = swarm.state === 'paused'
  if (swarm.error) {
    return (
      <div className="space-y-4">
        <ErrorNotice code={swarm.error.code} detail={swarm.error.detail} />
        <RestorePanel share={share} infoHash={swarm.infoHash} owned={owned} />
      </div>
    )
  }
  return (
    <>
      <TabNotices swarm={swarm} />
      <section className="card space-y-6 p-4 sm:p-6">
        <ShareLink url={share.links.page} />
        {share.encrypted && <PasswordCopy infoHash={swarm.infoHash} url={share.links.page} />}
        {isOthers && (
          <Notice
            tone="plain"
            role="status"
            data-stands
            title={t('share.standsTitle', { title: visibleName(share.title || share.name) })}
          >
            <p>{t('share.stands')}</p>
          </Notice>
        )}
        {paused ? (
          <Notice tone="amber" role="status" title={t('pause.pausedTitle')}>
            <p>{t('pause.paused')}</p>
          </Notice>
        ) : (
          <ClosingNotice copies={swarm.copies} />
        )}
        {owned && keeping.kept?.offered && (
          <KeepAlive
            share={share}
            kept={keeping.kept}
            error={keeping.error}
            onAsk={on => void keeping.ask(on)}
          />
        )}
        <TrackerNotice share={share} swarm={swarm} />
        {swarm.unreached > 0 && swarm.peers.length === 0 && <UnreachableNotice swarm={swarm} />}
        <Stats label={t('share.stats')}>
          <Stat name={t('share.connected')} value={format.count(swarm.peers.length)} />
          <Stat name={t('share.sending')} value={format.rate(swarm.uploadRate)} />
          <Stat name={t('share.sent')} value={format.bytes(swarm.uploaded)} />
          <Stat name={t('share.copies')} value={format.copies(swarm.copies)} />
        </Stats>
        <div className="flex flex-wrap gap-2">
          <PauseButton swarm={swarm} />
          <OwnerActions share={share} infoHash={swarm.infoHash} owned={owned} />
        </div>
      </section>
      <section className="card space-y-2 p-4 sm:p-6">
        <h2 className="font-semibold text-lg">{t('peers.title')}</h2>
        <PeersTable peers={swarm.peers} empty={t('peers.none')} />
      </section>
      <Disclosure title={t('share.files')} className="card px-4 sm:px-5">
        <ShareFiles files={files} />
      </Disclosure>
      <Limits swarm={swarm} />
      {owned && <Mirrors share={share} owned={owned} />}
    </>
  )
}
