'use client'

import { Pencil } from 'lucide-react'
import { useLocale, useTranslations } from 'next-intl'
import { useState } from 'react'
import type { AppError } from '../../lib/base/errors.ts'
import type { OwnedShare } from '../../lib/browser/records/owned-shares.ts'
import { insideOf } from '../../lib/browser/sealed/inside-of.ts'
import type { OpenedShare } from '../../lib/browser/sealed/seals.ts'
import { thisTab } from '../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import type { Presence } from '../../lib/protocol/presence.ts'
import type { CachedShareStatus, PageShare, Share } from '../../lib/protocol/share.ts'
import { useDocumentTitle } from '../../lib/react/page/use-document-title.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useKeepAlive } from '../../lib/react/publisher/use-keep-alive.ts'
import { useOwnedShare } from '../../lib/react/publisher/use-owned-share.ts'
import { usePresence } from '../../lib/react/share/use-presence.ts'
import { useRestoring } from '../../lib/react/share/use-restoring.ts'
import { useSwarm } from '../../lib/react/share/use-swarm.ts'
import { useWholeShare } from '../../lib/react/share/use-whole-share.ts'
import { type InfoHash, parseInfoHash } from '../../lib/torrent/ids.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { late } from '../common/late.tsx'
import { LinkedText } from '../common/linked-text.tsx'
import { Name } from '../common/name.tsx'
import { Button } from '../ui/button.tsx'
import { MoreWays } from './links/more-ways.tsx'
import { PlainLinks } from './links/plain-links.tsx'
import { ReaderView } from './reader/reader-view.tsx'
import { ReportShare } from './report/report-share.tsx'

/** For whoever published the share. */
const TitleForm = late(async () => (await import('./publisher/title-form.tsx')).TitleForm)

/** Never on a page as it comes from the server: whoever publishes has come here from another page, or restores. */
const PublisherView = late(async () => (await import('./publisher/publisher-view.tsx')).PublisherView)

const Unlock = late(async () => (await import('./sealed/unlock.tsx')).Unlock)
const Padlock = late(async () => (await import('./sealed/padlock.tsx')).Padlock)

interface HeadingProps {
  readonly share: PageShare
}

interface ShareViewProps extends HeadingProps {
  /** As the page came. */
  readonly presence: Presence
  readonly cached: CachedShareStatus
}

/** The page of one share, for its publisher's tab and for everyone else. */
export function ShareView({ share: page, presence: first, cached }: ShareViewProps) {
  const infoHash = parseInfoHash(page.infoHash)
  if (infoHash === null) throw new TypeError('the server checked this info hash')
  const swarm = useSwarm(infoHash)
  const record = useOwnedShare(infoHash)
  const owned = record ?? undefined
  const restoring = useRestoring(infoHash)
  const keeping = useKeepAlive(infoHash, owned?.ownerKey, cached)
  const [started, setStarted] = useState(false)
  const { share: whole, error, retry } = useWholeShare(page, infoHash)
  // Who has just published it does not see it closed. A page that comes from the server has opened nothing yet.
  const [opened, setOpened] = useState(() => openedBefore(infoHash))
  const inside = opened && insideOf(page, opened)
  const share = inside ?? whole
  const [waitsForReturn, setWaitsForReturn] = useState(false)
  const isPublisher = swarm?.role === 'publisher'
  const { presence, gone, refresh } = usePresence(infoHash, first, {
    watch: isPublisher || waitsForReturn ? 'always' : 'while-visible',
  })
  return (
    <article
      data-share={infoHash}
      data-state={swarm?.state ?? 'waiting'}
      data-started={started || swarm !== undefined}
      {...counters(swarm)}
      data-presence={presence.presence}
      data-downloads={presence.downloads}
      data-kept={keeping.kept.kept}
      data-encrypted={page.encrypted ? 'yes' : 'no'}
      data-pieces-checked={restoring?.state === 'seeding' ? restoring.piecesChecked : undefined}
      className="space-y-6 pt-4 pb-8 sm:pt-8"
    >
      <ShareHeading share={inside ?? page} {...(gone === null && !page.encrypted && { owned })} />
      <noscript className="block">
        <WithoutScripts share={page} />
      </noscript>
      <div data-settles className="space-y-6">
        {page.encrypted && !inside ? (
          <Unlock share={page} infoHash={infoHash} onOpen={setOpened} />
        ) : !share ? (
          <ReadingFiles error={error} onRetry={retry} />
        ) : isPublisher ? (
          <PublisherView
            share={share}
            swarm={swarm}
            owned={owned}
            isOthers={record === null}
            keeping={keeping}
            presence={presence}
            onAsk={refresh}
          />
        ) : (
          <ReaderView
            share={share}
            outer={whole ?? page}
            infoHash={infoHash}
            swarm={swarm}
            owned={owned}
            started={started}
            onStarted={setStarted}
            presence={presence}
            gone={gone}
            onWait={setWaitsForReturn}
          />
        )}
        {gone === null && (
          <>
            {(isPublisher || (page.encrypted && !inside)) && <MoreWays share={whole ?? page} />}
            <ReportShare infoHash={infoHash} />
          </>
        )}
      </div>
    </article>
  )
}

/** What this tab has opened or published before it came to this page. */
const openedBefore = (infoHash: InfoHash): OpenedShare | null =>
  typeof document === 'undefined' ? null : (thisTab().seals.share(infoHash) ?? null)

/** While a long list of files is on its way. */
function ReadingFiles({
  error,
  onRetry,
}: {
  readonly error: AppError | null
  readonly onRetry: () => Promise<void>
}) {
  const t = useTranslations('share')
  if (!error) {
    return (
      // As tall as what comes instead of it, or more: what is below must not move in view.
      <div className="min-h-dvh">
        <p role="status" className="card p-4 text-muted sm:p-6">
          {t('readingFiles')}
        </p>
      </div>
    )
  }
  return (
    <div className="space-y-3">
      <ErrorNotice audience="reader" code={error.code} detail={error.detail} />
      <Button onClick={onRetry}>{t('retry')}</Button>
    </div>
  )
}

/** Ways to get the files where scripts are off. */
function WithoutScripts({ share }: { readonly share: Share }) {
  const t = useTranslations('noScript')
  return (
    <section className="card space-y-4 p-4 sm:p-6">
      <p>{t(share.webSeeds.length > 0 && share.files.length > 0 ? 'plain' : 'none')}</p>
      <PlainLinks share={share} />
    </section>
  )
}

/** The figures on the page, for programs: amounts in bytes, rates in bytes a second. */
function counters(swarm: SwarmSnapshot | undefined) {
  if (!swarm) return {}
  return {
    'data-peers': swarm.peers.length,
    'data-progress': swarm.length === 0 ? 1 : swarm.downloaded / swarm.length,
    'data-downloaded': swarm.downloaded,
    'data-uploaded': swarm.uploaded,
    'data-from-peers': swarm.fromPeers,
    'data-from-web-seeds': swarm.fromWebSeeds,
    'data-download-rate': Math.round(swarm.downloadRate),
    'data-upload-rate': Math.round(swarm.uploadRate),
    'data-copies': swarm.copies,
    'data-peer-id': swarm.peerId,
    'data-tracker': swarm.tracker,
  }
}

/** Until when the link works, where it does not for ever. */
function EndsLine({ share: { downloadsMax, expiresAt } }: HeadingProps) {
  const t = useTranslations('ends')
  const locale = useLocale()
  if (expiresAt === null && downloadsMax === null) return null
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })
  const texts = [
    ...(expiresAt === null ? [] : [t('endsAt', { time: `${time.format(new Date(expiresAt))} UTC` })]),
    ...(downloadsMax === null ? [] : [t('endsAfter', { count: downloadsMax })]),
  ]
  return (
    <p data-expires-at={expiresAt} data-downloads-max={downloadsMax} className="mt-1 text-muted">
      {texts.join(' · ')}
    </p>
  )
}

/** Of the files inside, once an encrypted share is open; bytes. */
const sizeOf = ({ files, length, outside }: PageShare): number =>
  outside ? files.reduce((sum, file) => sum + file.length, 0) : length

function ShareHeading({ share, owned }: HeadingProps & { readonly owned?: OwnedShare | undefined }) {
  const isClosed = share.encrypted && !share.outside
  const app = useTranslations('app')
  // The server knows no name of it.
  useDocumentTitle(share.outside ? `${visibleName(share.title || share.name)} · ${app('name')}` : null)
  const [isEdited, setEdited] = useState(false)
  const t = useTranslations('share')
  const units = useTranslations('units')
  const format = useFormat()
  const locale = useLocale()
  const published = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' })
  return (
    <header>
      {owned && isEdited ? (
        <TitleForm title={share.title || share.name} owned={owned} onClose={() => setEdited(false)} />
      ) : (
        // As tall as the button is, which comes later.
        <div className="flex min-h-11 items-start gap-2">
          <h1 className="min-w-0 break-words font-bold text-3xl tracking-tight [overflow-wrap:anywhere] sm:text-4xl">
            {isClosed ? (
              units('encryptedShare', { size: format.bytes(share.length) })
            ) : (
              <Name text={share.title || share.name} />
            )}
          </h1>
          {owned && (
            <Button
              look="quiet"
              size="icon"
              aria-label={t('editTitle')}
              className="print:hidden"
              onClick={() => setEdited(true)}
            >
              <Pencil aria-hidden="true" />
            </Button>
          )}
        </div>
      )}
      <p className="mt-1 text-muted tabular-nums">
        {!isClosed && `${format.files(share.fileCount)} · ${format.bytes(sizeOf(share))} · `}
        {t('publishedOn', { date: published.format(new Date(share.createdAt)) })}
      </p>
      {share.encrypted && <Padlock />}
      <EndsLine share={share} />
      {share.description !== '' && (
        <p className="mt-3 max-w-prose whitespace-pre-line break-words [overflow-wrap:anywhere]">
          <LinkedText text={share.description} />
        </p>
      )}
    </header>
  )
}
