'use client'

import { useTranslations } from 'next-intl'
import { useMemo } from 'react'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import type { useKept } from '../../../lib/react/share/use-keep-alive.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Figure, Numbers } from '../../common/stats.tsx'
import { Disclosure } from '../../ui/disclosure.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Limits } from '../limits.tsx'
import { ShareLink } from '../links/share-link.tsx'
import { PauseButton } from '../pause-button.tsx'
import { PeersTable } from '../peers-table.tsx'
import { ShareFiles, shareFiles } from '../share-files.tsx'
import { KeepingNotice } from '../tab-notices.tsx'
import { TrackerNotice } from '../tracker-notice.tsx'
import { UnreachedNotice } from '../unreachable-notice.tsx'
import { CloseLight } from './closing-notice.tsx'
import { KeepAlive } from './keep-alive.tsx'
import { Mirrors } from './mirrors.tsx'
import { OwnerActions } from './owner-actions.tsx'
import { RestorePanel } from './restore-panel.tsx'

interface PublisherViewProps {
  readonly share: Share
  readonly swarm: SwarmSnapshot
  readonly owned: OwnedShare | undefined
  readonly keeping: ReturnType<typeof useKept>
}

/** For the tab that publishes: hand out the link, see it arrive, know when the tab may go. */
export function PublisherView({ share, swarm, owned, keeping }: PublisherViewProps) {
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
      <KeepingNotice swarm={swarm} />
      <section className="card space-y-6 p-4 sm:p-6">
        <ShareLink url={share.links.page} />
        {paused ? (
          <Notice tone="amber" role="status" title={t('pause.pausedTitle')}>
            <p>{t('pause.paused')}</p>
          </Notice>
        ) : (
          <CloseLight copies={swarm.copies} />
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
        {swarm.unreached > 0 && swarm.peers.length === 0 && <UnreachedNotice swarm={swarm} />}
        <Numbers label={t('share.stats')}>
          <Figure name={t('share.connected')} value={format.count(swarm.peers.length)} />
          <Figure name={t('share.sending')} value={format.rate(swarm.uploadRate)} />
          <Figure name={t('share.sent')} value={format.bytes(swarm.uploaded)} />
          <Figure name={t('share.copies')} value={format.copies(swarm.copies)} />
        </Numbers>
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
