import { RotateCw } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useRef } from 'react'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { Presence } from '../../../lib/protocol/presence.ts'
import type { Share } from '../../../lib/protocol/share.ts'
import { useErrorText } from '../../../lib/react/page/use-error-text.ts'
import { useFormat } from '../../../lib/react/page/use-format.ts'
import { useLasting } from '../../../lib/react/page/use-lasting.ts'
import { isGone } from '../../../lib/react/share/use-presence.ts'
import { ErrorNotice } from '../../common/error-notice.tsx'
import { ProgressAnnouncer } from '../../common/progress-announcer.tsx'
import { ProgressHead } from '../../common/progress-head.tsx'
import { Button } from '../../ui/button.tsx'
import { Notice } from '../../ui/notice.tsx'
import { isComplete, PauseButton } from '../pause-button.tsx'
import { PieceStrip } from '../piece-strip.tsx'
import type { ShareFile } from '../share-files.tsx'
import { TrackerNotice } from '../tracker-notice.tsx'
import { UnreachableNotice } from '../unreachable-notice.tsx'
import { HelpNotice } from './help-notice.tsx'
import { PresenceLine } from './presence-line.tsx'
import { RunningSaves } from './saving/running-saves.tsx'
import { SaveActions } from './saving/save-actions.tsx'
import { TellWhenBack } from './tell-when-back.tsx'
import type { Return } from './use-return.ts'

/** Finding somebody takes a moment: until then it is no problem. */
const PATIENCE_MS = 3_000

interface DownloadPanelProps {
  readonly share: Share
  readonly swarm: SwarmSnapshot
  readonly wanted: readonly ShareFile[]
  readonly presence: Presence
  readonly comes: Return
  /** The only file was saved already. */
  readonly isFileSaved: boolean
  readonly onRetry: () => void
  readonly onError: (reason: unknown) => void
  /** Shown beside the buttons. */
  readonly aside?: ReactNode
}

/** A download that runs or is complete: progress, rate, time left, and what to do. */
export function DownloadPanel({
  share,
  swarm,
  wanted,
  presence,
  comes,
  isFileSaved,
  aside,
  ...actions
}: DownloadPanelProps) {
  const t = useTranslations('reader')
  const problems = useErrorText('reader')
  const format = useFormat()
  const heading = useRef<HTMLHeadingElement>(null)
  // The start button, which had the focus, is gone.
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
  }, [])
  // An idle web seed is asked within seconds when no peer answers.
  const serverIsNext = swarm.webSeeds.some(({ state }) => state === 'idle')
  const isAlone = swarm.state === 'waiting' && swarm.unreached === 0 && swarm.peers.length === 0
  const isStuck = useLasting(isAlone && !serverIsNext, PATIENCE_MS)
  if (swarm.error) {
    return (
      <section className="space-y-4">
        <ErrorNotice audience="reader" code={swarm.error.code} detail={swarm.error.detail} />
        {isComplete(swarm) && (
          <SaveActions
            infoHash={swarm.infoHash}
            wanted={wanted}
            isFileSaved={isFileSaved}
            onError={actions.onError}
          />
        )}
        {!isGone(swarm.error.code) && (
          <Button look="primary" onClick={actions.onRetry}>
            <RotateCw aria-hidden="true" />
            {t('retry')}
          </Button>
        )}
      </section>
    )
  }
  const value = swarm.length === 0 ? 1 : swarm.downloaded / swarm.length
  const done = isComplete(swarm)
  return (
    <section className="card space-y-5 p-4 sm:p-6">
      <div className="space-y-3">
        <ProgressHead heading={heading} headline={headline()} value={value} label={t('progress')} />
        <p className="flex flex-wrap justify-between gap-x-4 text-muted tabular-nums">
          <span>{t('of', { done: format.bytes(swarm.downloaded), total: format.bytes(swarm.length) })}</span>
          <span>{pace()}</span>
        </p>
        {swarm.fromWebSeeds > 0 && <p className="text-muted tabular-nums">{origin()}</p>}
        <ProgressAnnouncer state={headline()} value={value} />
      </div>
      {swarm.state === 'waiting' && swarm.unreached > 0 && <UnreachableNotice swarm={swarm} />}
      {isStuck && (
        <Notice tone="amber" role="status" title={t('waiting')} data-stuck>
          {presence.presence === 'away' && presence.lastSeen && <PresenceLine presence={presence} />}
          <p>{t('waitingWhy')}</p>
          <p>{t('waitingWill')}</p>
          <div className="pt-2">
            <TellWhenBack comes={comes} />
          </div>
        </Notice>
      )}
      {swarm.problem && (
        <Notice tone="red" role="alert" data-problem={swarm.problem.code}>
          <p>{problems(swarm.problem.code)}</p>
          <div className="mt-3 flex flex-wrap gap-2">
            <Button onClick={() => thisTab().session.resume(swarm.infoHash)}>{t('retry')}</Button>
          </div>
        </Notice>
      )}
      <TrackerNotice share={share} swarm={swarm} />
      {done ? (
        <SaveActions
          infoHash={swarm.infoHash}
          wanted={wanted}
          isFileSaved={isFileSaved}
          onError={actions.onError}
        />
      ) : (
        <RunningSaves infoHash={swarm.infoHash} />
      )}
      <div className="flex flex-wrap gap-2 empty:hidden">
        {!swarm.problem && !done && <PauseButton swarm={swarm} />}
        {aside}
      </div>
      {!done && <PieceStrip pieceMap={swarm.pieceMap} />}
      <HelpNotice swarm={swarm} />
    </section>
  )

  function headline(): string {
    if (done) return t('done')
    if (swarm.state === 'paused') return t('paused')
    if (swarm.state === 'downloading') return format.timeLeft(swarm.timeLeft) ?? t('downloading')
    return swarm.peers.length === 0 ? t('starting') : t('waitingPeers')
  }

  function pace(): string {
    if (done) return t(swarm.state === 'paused' ? 'pausedDone' : 'doneText')
    if (swarm.state === 'paused') return t(swarm.keptIn === 'disk' ? 'pausedText' : 'pausedMemory')
    const count = swarm.peers.filter(({ id }) => id !== presence.serverPeer).length
    const server = count < swarm.peers.length || swarm.webSeeds.some(({ state }) => state === 'active')
    if (count === 0 && !server) return ''
    const from = count === 0 ? t('fromServer') : t(server ? 'fromBoth' : 'from', { count })
    return `${format.rate(swarm.downloadRate)} ${from}`
  }

  function origin(): string {
    const fraction = swarm.fromPeers / (swarm.fromPeers + swarm.fromWebSeeds)
    return t('origin', { percent: format.percent(fraction) })
  }
}
