'use client'

import { useTranslations } from 'next-intl'
import { useEffect, useMemo, useRef, useState } from 'react'
import { toast } from 'sonner'
import { type AppError, toAppError } from '../../../lib/base/errors.ts'
import type { OwnedShare } from '../../../lib/browser/records/owned-shares.ts'
import { getSession } from '../../../lib/browser/session/session.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useDocumentTitle } from '../../../lib/react/page/use-document-title.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useMissingCapability } from '../../../lib/react/page/use-missing-capability.ts'
import { useKeptPublication } from '../../../lib/react/use-kept-publication.ts'
import { saveFile } from '../../../lib/save/save-files.ts'
import { resumeDownload, startDownload } from '../../../lib/session/downloads.ts'
import { askPersistence, checkRoom, type Room } from '../../../lib/storage/room.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { visibleName } from '../../../lib/torrent/paths.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { ConnectChoice } from '../../connect/connect-choice.tsx'
import { HealFlow } from '../../heal/heal-flow.tsx'
import { usePlayer } from '../../play/use-player.tsx'
import { Disclosure } from '../../ui/disclosure.tsx'
import { Limits } from '../limits.tsx'
import { ShareLink } from '../links/share-link.tsx'
import { PeersTable } from '../peers-table.tsx'
import { Mirrors } from '../publisher/mirrors.tsx'
import { RestorePanel } from '../publisher/restore-panel.tsx'
import { type ShareFile, ShareFiles, shareFiles } from '../share-files.tsx'
import { KeepingNotice } from '../tab-notices.tsx'
import { WebSeedList } from '../web-seed-list.tsx'
import { RoomPanel } from './disk-space-panel.tsx'
import { DownloadPanel } from './download-panel.tsx'
import { StartPanel } from './start-panel.tsx'

interface ReaderViewProps {
  readonly share: Share
  readonly infoHash: InfoHash
  readonly swarm: SwarmSnapshot | undefined
  readonly owned: OwnedShare | undefined
  readonly started: boolean
  readonly onStarted: (started: boolean) => void
}

/** For everybody who wants the files: one button, then how it goes, then saving. */
export function ReaderView({ share, infoHash, swarm, owned, started, onStarted }: ReaderViewProps) {
  const t = useTranslations()
  const format = useFormat()
  const missing = useMissingCapability(share.webSeeds)
  const files = useMemo(() => shareFiles(share), [share])
  const [chosen, setChosen] = useState<ReadonlySet<number>>(() => new Set(files.map(({ index }) => index)))
  const [error, setError] = useState<AppError | null>(null)
  const [room, setRoom] = useState<Room | null>(null)
  const list = useRef<HTMLDetailsElement>(null)
  // A swarm that nothing was chosen in is only played from: the download is still to be started.
  const download = swarm?.files.some(file => file.selected) || swarm?.error ? swarm : undefined
  const [repairing, setRepairing] = useState(false)
  const selected = useMemo(
    () =>
      download ? new Set(download.files.filter(file => file.selected).map(({ index }) => index)) : chosen,
    [download, chosen],
  )
  const wanted = files.filter(({ index }) => selected.has(index))
  const fail = (reason: unknown) => setError(toAppError(reason))
  const player = usePlayer(infoHash, fail)
  const only = files.length === 1 ? files[0] : undefined
  // Whose own files these are shares them again, and needs neither a download nor the player.
  const isOwn = Boolean(useKeptPublication(infoHash)) && !swarm
  useEffect(() => {
    // What was fetched before is shown, and goes on, without a click.
    void resumeDownload(infoHash).catch(reason => setError(toAppError(reason)))
  }, [infoHash])
  useDocumentTitle(tabTitle())
  // A repair saves what it makes.
  useSaveOnce(infoHash, repairing ? undefined : download, wanted)

  function tabTitle(): string | null {
    if (!download) return null
    const name = visibleName(share.title || share.name)
    if (download.state === 'done') return t('reader.title.done', { name })
    if (download.length === 0) return null
    const percent = format.percent(download.downloaded / download.length)
    return t('reader.title.downloading', { percent, name })
  }

  const start = async () => {
    setError(null)
    onStarted(true)
    try {
      const found = await checkRoom(wanted.reduce((sum, { length }) => sum + length, 0))
      setRoom(found.enough ? null : found)
      if (!found.enough) {
        onStarted(false)
        return
      }
      void askPersistence()
      await startDownload(infoHash, [...selected], share.title)
    } catch (reason) {
      setError(toAppError(reason))
    } finally {
      // The swarm says more from here on, and what is deleted can be started again.
      onStarted(false)
    }
  }
  const select = (indexes: readonly number[], want: boolean) => {
    const next = new Set(selected)
    for (const index of indexes) {
      if (want) next.add(index)
      else next.delete(index)
    }
    if (next.size === 0) toast(t('reader.nothing'))
    else if (download) getSession().select(infoHash, [...next])
    else setChosen(next)
  }
  const showList = () => {
    setRoom(null)
    if (!list.current) return
    list.current.open = true
    list.current.scrollIntoView({ block: 'start' })
    list.current.querySelector<HTMLElement>('[role=checkbox]')?.focus({ preventScroll: true })
  }
  const save = (index: number) => saveFile(infoHash, index).catch(fail)

  return (
    <>
      {!swarm && missing === null && <RestorePanel share={share} infoHash={infoHash} owned={owned} />}
      {missing && <ErrorNotice code={missing} />}
      {error && <ErrorNotice code={error.code} detail={error.detail} />}
      {swarm && !repairing && <KeepingNotice swarm={swarm} />}
      {repairing ? null : download ? (
        <DownloadPanel
          share={share}
          swarm={download}
          wanted={wanted}
          onRetry={start}
          onError={fail}
          aside={only && player.button(only)}
        />
      ) : room ? (
        <RoomPanel
          infoHash={infoHash}
          shareName={share.name}
          wanted={wanted}
          room={room}
          {...(files.length > 1 && { onFewer: showList })}
          onRetry={start}
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
            onStart={start}
            aside={only && player.button(only)}
          />
        )
      )}
      {!download && missing === null && !isOwn && <ConnectChoice />}
      {player.screen}
      {missing === null && (!download || repairing) && (
        <Disclosure title={t('heal.entry')} className="card px-4 sm:px-5">
          <HealFlow infoHash={infoHash} embedded onRepairing={setRepairing} />
        </Disclosure>
      )}
      {files.length > 1 ? (
        <Disclosure ref={list} title={t('share.files')} open className="card px-4 sm:px-5">
          <ShareFiles
            files={files}
            selected={selected}
            onSelect={select}
            {...(!isOwn && { extra: file => player.button(file, true) })}
            {...(swarm && {
              progress: swarm.files,
              onSave: save,
            })}
          />
        </Disclosure>
      ) : (
        // The name of the only file stands above, unless a title took its place.
        share.title !== '' && (
          <div className="card px-4 sm:px-5">
            <ShareFiles files={files} />
          </div>
        )
      )}
      {swarm && (
        <Disclosure
          title={`${t('peers.title')} (${format.count(swarm.peers.length)})`}
          open
          className="card px-4 sm:px-5"
        >
          <PeersTable peers={swarm.peers} empty={t('peers.noneReader')} />
          <WebSeedList webSeeds={swarm.webSeeds} />
        </Disclosure>
      )}
      {download && <Limits swarm={download} />}
      {owned && <Mirrors share={share} owned={owned} />}
      {swarm?.state === 'done' && (
        <section className="card p-4 sm:p-6">
          <ShareLink url={share.links.page} />
        </section>
      )}
    </>
  )
}

/** One file alone needs no second decision: it is saved by itself when this page sees it become complete. */
function useSaveOnce(
  infoHash: InfoHash,
  swarm: SwarmSnapshot | undefined,
  wanted: readonly ShareFile[],
): void {
  const sawIncomplete = useRef(false)
  const state = swarm?.state
  const only = wanted.length === 1 ? wanted[0]?.index : undefined
  useEffect(() => {
    if (state !== 'done') {
      sawIncomplete.current = state !== undefined || sawIncomplete.current
      return
    }
    if (!sawIncomplete.current) return
    sawIncomplete.current = false
    if (only !== undefined) void saveFile(infoHash, only)
  }, [infoHash, state, only])
}
