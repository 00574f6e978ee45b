'use client'

import { useTranslations } from 'next-intl'
import { useMemo, useRef, useState } from 'react'
import { type AppError, type ErrorCode, toAppError } from '../../../lib/base/errors.ts'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Presence } from '../../../lib/protocol/presence.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useIsServerOnly, useMissingCapability } from '../../../lib/react/page/use-missing-capability.ts'
import { useKnownHere, useSettled } from '../../../lib/react/settling/known-here.ts'
import { usePlainDownloads } from '../../../lib/react/share/use-plain-downloads.ts'
import { isGone } from '../../../lib/react/share/use-presence.ts'
import { usePublicationRecord } from '../../../lib/react/share/use-publication-record.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { late } from '../../common/late.tsx'
import { usePlayer } from '../../play/use-player.tsx'
import { Disclosure } from '../../ui/disclosure.tsx'
import { Notice } from '../../ui/notice.tsx'
import { ShareLink } from '../links/share-link.tsx'
import { PeersTable } from '../peers-table.tsx'
import { type ShareFile, ShareFiles, shareFiles } from '../share-files.tsx'
import { TabNotices } from '../tab-notices.tsx'
import { WebSeedList } from '../web-seed-list.tsx'
import { DiskSpacePanel } from './disk-space-panel.tsx'
import { DownloadPanel } from './download-panel.tsx'
import { More } from './more.tsx'
import { PlainGet, PlainStart } from './plain-start.tsx'
import { RenamedNote } from './renamed-note.tsx'
import { useSaveOnce } from './saving/use-save-once.ts'
import { useSingleFiles } from './saving/use-single-files.ts'
import { SendBack } from './send-back.tsx'
import { StartPanel } from './start-panel.tsx'
import { useProgressTitle } from './use-progress-title.ts'
import { useReturn } from './use-return.ts'
import { useSelection } from './use-selection.ts'
import { useStart } from './use-start.ts'

// For whoever published the share: a reader's page does without.
const RestorePanel = late(async () => (await import('../publisher/restore-panel.tsx')).RestorePanel)
const SentCard = late(async () => (await import('../publisher/sent-card.tsx')).SentCard)

interface ReaderViewProps {
  readonly share: Share
  /** The same as the server knows it: of an encrypted share, without what is inside. */
  readonly outer: Share
  readonly infoHash: InfoHash
  readonly swarm: SwarmSnapshot | undefined
  readonly owned: OwnedShare | undefined
  readonly started: boolean
  readonly onStarted: (started: boolean) => void
  readonly presence: Presence
  /** Why the share is no longer there. */
  readonly gone: ErrorCode | null
  /** Whether the person wants to be told when somebody is back. */
  readonly onWait: (waits: boolean) => void
}

/** For everyone who wants the files: start, watch the download, save. */
export function ReaderView({
  share,
  outer,
  infoHash,
  swarm,
  owned,
  presence,
  onWait,
  ...props
}: ReaderViewProps) {
  const { started, onStarted } = props
  const t = useTranslations()
  const format = useFormat()
  const missing = useMissingCapability(share.webSeeds)
  const isServerOnly = useIsServerOnly()
  const plain = usePlainDownloads(share, missing)
  const files = useMemo(() => shareFiles(share), [share])
  const [error, setError] = useState<AppError | null>(null)
  const fail = (reason: unknown) => setError(reason === null ? null : toAppError(reason))
  // Without a selected file the swarm was joined only to play one: the download has not started.
  const download = swarm?.files.some(file => file.selected) || swarm?.error ? swarm : undefined
  const { selected, wanted, select, selectOnly } = useSelection(files, download)
  const { prepare, start, lacking, isNew, dismiss } = useStart({
    share,
    infoHash,
    wanted,
    onStarted,
    onError: fail,
  })
  const [repairing, setRepairing] = useState(false)
  const list = useRef<HTMLDetailsElement>(null)
  const only = files.length === 1 ? files[0] : undefined
  // The publisher shares their own files again, and needs neither a download nor the player.
  const publication = usePublicationRecord(infoHash)
  const isOwn = Boolean(publication) && !swarm
  // A publication settles where it is restored.
  const isNobodys = publication === null && isNew
  useSettled(swarm !== undefined || isNobodys)
  useKnownHere(infoHash, download || publication ? true : isNobodys ? false : undefined)
  useProgressTitle(share, download)
  const startWith = (file: ShareFile) => {
    selectOnly(file)
    void start([file])
  }
  const single = useSingleFiles({ infoHash, download, select, startWith, onError: fail })
  const player = usePlayer({ infoHash, files, onGet: single.get, onError: fail })
  const first = wanted[0]?.index
  // A repair saves its result itself, and so does what was asked for alone.
  const savesItself = repairing || single.handles(first)
  const savedByItself = useSaveOnce(infoHash, savesItself ? undefined : download, wanted, fail)
  const isFileSaved =
    first === savedByItself || single.hasSaved(first) || (only !== undefined && download?.saved === true)
  const comes = useReturn({
    share,
    isAway: download
      ? download.state === 'waiting' && download.peers.length === 0
      : presence.presence === 'away',
    isDownloading: download !== undefined,
    onWait,
  })
  const gone = props.gone ?? (error && isGone(error.code) ? error.code : null)
  /** Nothing here can be started any more. */
  const isOver = gone !== null && !download

  const showList = () => {
    dismiss()
    if (!list.current) return
    list.current.open = true
    list.current.scrollIntoView({ block: 'start' })
    list.current.querySelector<HTMLElement>('[role=checkbox]')?.focus({ preventScroll: true })
  }

  return (
    <>
      {!swarm && owned?.sentTo && <SentCard infoHash={infoHash} sentTo={owned.sentTo} presence={presence} />}
      {!swarm && missing === null && (publication || owned) && (
        <RestorePanel share={share} infoHash={infoHash} owned={owned} hasCopy={presence.copy !== null} />
      )}
      {missing && plain.size === 0 && <ErrorNotice audience="reader" code={missing} />}
      {!isOver && plain.size > 0 && <PlainStart files={[...plain.values()]} presence={presence} />}
      {isOver ? (
        <ErrorNotice audience="reader" code={gone} />
      ) : (
        error && <ErrorNotice audience="reader" code={error.code} detail={error.detail} />
      )}
      {swarm && !repairing && <TabNotices swarm={swarm} />}
      {repairing ? null : download ? (
        <DownloadPanel
          share={share}
          swarm={download}
          wanted={wanted}
          presence={presence}
          comes={comes}
          isFileSaved={isFileSaved}
          onRetry={() => void start()}
          onError={fail}
          aside={only && player.button(only)}
        />
      ) : isOver ? null : lacking ? (
        <DiskSpacePanel
          infoHash={infoHash}
          shareName={share.name}
          wanted={wanted}
          room={lacking}
          {...(files.length > 1 && { onFewer: showList })}
          onRetry={() => void start()}
          onError={fail}
        />
      ) : (
        missing === null &&
        !isOwn && (
          <StartPanel
            secondary={owned !== undefined}
            files={files}
            wanted={wanted}
            starting={started}
            presence={presence}
            comes={comes}
            onLikely={prepare}
            onStart={() => void start()}
            aside={only && player.button(only)}
          />
        )
      )}
      {/* Below the button, which it would move when it comes. */}
      {isServerOnly && missing === null && !isOver && (
        <Notice tone="plain" data-server-only>
          <p>{t('reader.serverOnly')}</p>
        </Notice>
      )}
      <RenamedNote share={share} />
      {player.screen}
      {files.length > 1 ? (
        <Disclosure ref={list} title={t('share.files')} open className="card px-4 sm:px-5">
          <ShareFiles
            files={files}
            {...(missing === null && !isOver && { selected, onSelect: select })}
            {...(missing === null && !isOwn && !isOver && { extra: file => player.compactButton(file) })}
            {...(!isOver &&
              plain.size > 0 && { extra: ({ path }) => <PlainGet file={plain.get(path.join('/'))} /> })}
            {...(swarm && { progress: swarm.files })}
            {...(missing === null && !isOwn && !isOver && { onGet: single.get })}
          />
        </Disclosure>
      ) : (
        // The heading is the name of the only file, unless the share has a title.
        share.title !== '' && (
          <div className="card px-4 sm:px-5">
            <ShareFiles files={files} />
          </div>
        )
      )}
      {swarm && (
        <Disclosure
          title={`${t('peers.title')} (${format.count(swarm.peers.filter(({ id }) => id !== presence.serverPeer).length)})`}
          open
          className="card px-4 sm:px-5"
        >
          <PeersTable peers={swarm.peers} serverPeer={presence.serverPeer} empty={t('peers.noneReader')} />
          <WebSeedList webSeeds={swarm.webSeeds} />
        </Disclosure>
      )}
      {swarm?.state === 'done' && gone === null && (
        <section className="card space-y-3 p-4 sm:p-6">
          <ShareLink url={share.links.page} title={visibleName(share.title || share.name)} />
          <SendBack />
        </section>
      )}
      {!isOver && (
        <More
          share={share}
          outer={outer}
          infoHash={infoHash}
          download={download}
          missing={missing}
          owned={owned}
          repairing={repairing}
          onRepairing={setRepairing}
        />
      )}
    </>
  )
}
