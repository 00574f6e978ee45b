'use client'

import { useTranslations } from 'next-intl'
import { useState } from 'react'
import type { AppError } from '../../../lib/base/errors.ts'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { late } from '../../common/late.tsx'
import { Disclosure, Unavailable } from '../../ui/disclosure.tsx'
import { MoreWays } from '../links/more-ways.tsx'

// Few readers open any of these.
const ConnectChoice = late(async () => (await import('../../connect/connect-choice.tsx')).ConnectChoice)
const EmbedSnippet = late(async () => (await import('../links/embed-snippet.tsx')).EmbedSnippet)
const Limits = late(async () => (await import('../limits.tsx')).Limits)
const HealFlow = late(async () => (await import('../../heal/heal-flow.tsx')).HealFlow)

// For whoever published the share: a reader's page does without.
const Mirrors = late(async () => (await import('../publisher/mirrors.tsx')).Mirrors)

interface MoreProps {
  readonly share: Share
  /** See `ReaderView`. */
  readonly outer: Share
  readonly infoHash: InfoHash
  /** Undefined until files are fetched. */
  readonly download: SwarmSnapshot | undefined
  /** What this browser lacks to take part. */
  readonly missing: AppError['code'] | null
  readonly owned: OwnedShare | undefined
  readonly repairing: boolean
  readonly onRepairing: (repairing: boolean) => void
}

/** Everything that most readers do without, folded away: one panel for each, and why where one cannot be used here. */
export function More({
  share,
  outer,
  infoHash,
  download,
  missing,
  owned,
  repairing,
  onRepairing,
}: MoreProps) {
  const t = useTranslations()
  const [opened, setOpened] = useState(false)
  const [healOpened, setHealOpened] = useState(false)
  const noHeal = missing ? t(`errors.${missing}`) : download && !repairing ? t('more.noHeal') : null
  return (
    <Disclosure title={t('more.title')} className="card px-4 sm:px-5" onOpen={() => setOpened(true)}>
      <div
        data-more
        // Its panels are cards elsewhere; here the fold is the card.
        className="*:border-line *:border-t [&>.card]:rounded-none [&>.card]:border-x-0 [&>.card]:border-b-0 [&>.card]:bg-transparent [&>.card]:px-0 [&>.card]:shadow-none"
      >
        <MoreWays share={outer} />
        {noHeal === null ? (
          <Disclosure
            title={t('heal.entry')}
            className="card px-4 sm:px-5"
            onOpen={() => setHealOpened(true)}
          >
            {healOpened && <HealFlow infoHash={infoHash} embedded onRepairing={onRepairing} />}
          </Disclosure>
        ) : (
          <Unavailable title={t('heal.entry')} reason={noHeal} />
        )}
        {opened && <ConnectChoice />}
        {download && opened ? (
          <Limits swarm={download} />
        ) : (
          <Unavailable
            title={t('limits.title')}
            reason={missing ? t(`errors.${missing}`) : t('more.noLimits')}
          />
        )}
        {opened && <EmbedSnippet share={share} />}
        {owned && <Mirrors share={share} owned={owned} />}
      </div>
    </Disclosure>
  )
}
