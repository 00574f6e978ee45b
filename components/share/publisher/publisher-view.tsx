'use client'

import { useTranslations } from 'next-intl'
import { useMemo } from 'react'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Presence } from '../../../lib/protocol/presence.ts'
import type { CachedShareStatus, Share } from '../../../lib/protocol/share.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import type { useKeepAlive } from '../../../lib/react/publisher/use-keep-alive.ts'
import { useTakers } from '../../../lib/react/publisher/use-takers.ts'
import { useKnownHere, useSettled } from '../../../lib/react/settling/known-here.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'
import { AlertChoice } from '../../common/alert-choice.tsx'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { Stat, Stats } from '../../common/stats.tsx'
import { Disclosure } from '../../ui/disclosure.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Limits } from '../limits.tsx'
import { EmbedSnippet } from '../links/embed-snippet.tsx'
import { ShareLink } from '../links/share-link.tsx'
import { PauseButton } from '../pause-button.tsx'
import { PeersTable } from '../peers-table.tsx'
import { PasswordCopy } from '../sealed/password-copy.tsx'
import { ShareFiles, shareFiles } from '../share-files.tsx'
import { TabNotices } from '../tab-notices.tsx'
import { TrackerNotice } from '../tracker-notice.tsx'
import { UnreachableNotice } from '../unreachable-notice.tsx'
import { ClosingNotice } from './closing-notice.tsx'
import { DownloadsLine } from './downloads-line.tsx'
import { downloadsOf } from './downloads-of.ts'
import { KeepAlive } from './keep-alive.tsx'
import { Mirrors } from './mirrors.tsx'
import { OwnerActions } from './owner-actions.tsx'
import { RestorePanel } from './restore-panel.tsx'
import { SentCard } from './sent-card.tsx'
import { useArrivals } from './use-arrivals.ts'

interface PublisherViewProps {
  readonly share: Share
  readonly swarm: SwarmSnapshot
  readonly owned: OwnedShare | undefined
  /** Somebody else published these files first, or another browser. */
  readonly isOthers: boolean
  readonly keeping: ReturnType<typeof useKeepAlive>
  readonly presence: Presence
  /** Ask again who has the share. */
  readonly onAsk: () => Promise<void>
}

/** For the tab that publishes: the link, who downloads, and whether the tab can be closed. */
export function PublisherView({
  share,
  swarm,
  owned,
  isOthers,
  keeping,
  presence,
  onAsk,
}: PublisherViewProps) {
  const t = useTranslations()
  const format = useFormat()
  const files = useMemo(() => shareFiles(share), [share])
  const paused = swarm.state === 'paused'
  const { everybody, people, server } = useTakers(swarm.infoHash, {
    serverPeer: presence.serverPeer,
    isCopied: keeping.kept.asked || keeping.kept.kept !== 'no',
    ask: onAsk,
  })
  const connected = people.filter(({ leftAt }) => leftAt === null).length
  const { count: downloads, lastAt } = downloadsOf(presence, people)
  const arrivals = useArrivals({ share, people, downloads, onArrived: () => void onAsk() })
  const closing = {
    copies: swarm.copies,
    onServer: serverShare(share, keeping.kept),
    people: connected,
    downloads,
  }
  const sentTo = owned?.sentTo
  const link = <ShareLink url={share.links.page} title={visibleName(share.title || share.name)} />
  useSettled(true)
  useKnownHere(swarm.infoHash, true)
  if (swarm.error) {
    return (
      <div className="space-y-4">
        <ErrorNotice code={swarm.error.code} detail={swarm.error.detail} />
        <RestorePanel
          share={share}
          infoHash={swarm.infoHash}
          owned={owned}
          hasCopy={presence.copy !== null}
        />
      </div>
    )
  }
  return (
    <>
      <TabNotices swarm={swarm} />
      {sentTo && (
        <SentCard
          infoHash={swarm.infoHash}
          sentTo={sentTo}
          presence={presence}
          {...(!paused && { closing })}
        />
      )}
      <section className="card space-y-6 p-4 sm:p-6 [&>:first-child]:border-t-0 [&>:first-child]:pt-0">
        {!sentTo && link}
        {share.encrypted && <PasswordCopy infoHash={swarm.infoHash} url={share.links.page} />}
        {isOthers && (
          <Notice
            tone="plain"
            role="status"
            data-stands="others"
            title={t('share.standsTitle', { title: visibleName(share.title || share.name) })}
          >
            <p>{t('share.stands')}</p>
            <p>{t('share.standsCannot')}</p>
          </Notice>
        )}
        {owned && thisTab().publishedAgain.has(swarm.infoHash) && (
          <Notice tone="plain" role="status" data-stands="own" title={t('share.standsOwnTitle')}>
            <p>{t('share.standsOwn')}</p>
          </Notice>
        )}
        {paused ? (
          <Notice tone="amber" role="status" title={t('pause.pausedTitle')}>
            <p>{t('pause.paused')}</p>
          </Notice>
        ) : (
          !sentTo && <ClosingNotice {...closing} />
        )}
        {owned && keeping.kept.offered && (
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
          <Stat name={t('share.connected')} value={format.count(connected)} />
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
        <h2 className="font-semibold text-lg">{t('publisher.people')}</h2>
        <DownloadsLine count={downloads} lastAt={lastAt} />
        <PeersTable
          peers={everybody}
          serverPeer={server}
          empty={t(downloads > 0 || sentTo ? 'peers.noneAnyMore' : 'peers.none')}
        />
        {(people.length > 0 || downloads > 0) && (
          <div className="border-edge border-t pt-4">
            <AlertChoice alerts={arrivals.alerts} hints={arrivals.hints} onAlerts={arrivals.change} />
          </div>
        )}
      </section>
      <Disclosure title={t('share.files')} className="card px-4 sm:px-5">
        <ShareFiles files={files} />
      </Disclosure>
      {sentTo && (
        <Disclosure title={t('receive.outbox.link')} className="card px-4 sm:px-5">
          {link}
        </Disclosure>
      )}
      <Limits swarm={swarm} />
      {owned && !sentTo && <Mirrors share={share} owned={owned} />}
      {!sentTo && <EmbedSnippet share={share} />}
    </>
  )
}

/** What the server has of its copy, 0 to 1; null: it keeps none. */
function serverShare({ length }: Share, kept: CachedShareStatus): number | null {
  if (kept.kept === 'no') return null
  return kept.kept === 'yes' || length === 0 ? 1 : Math.min(0.999, kept.have / length)
}
