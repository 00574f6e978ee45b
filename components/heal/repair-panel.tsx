import { Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useRef } from 'react'
import type { SwarmSnapshot } from '../../lib/engine/view/snapshot.ts'
import { badBytesOf, bytesToFetch } from '../../lib/heal/check-copy.ts'
import type { HealSnapshot } from '../../lib/heal/heal-state.ts'
import { filesToSave, type RepairPlan } from '../../lib/heal/repair-plan.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useSwarm } from '../../lib/react/share/use-swarm.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { ProgressAnnouncer } from '../common/progress-announcer.tsx'
import { ProgressHead } from '../common/progress-head.tsx'
import { PieceStrip } from '../share/piece-strip.tsx'
import { SavingProgress } from '../share/reader/saving/saving-progress.tsx'
import { Button } from '../ui/button.tsx'
import { Notice } from '../ui/notice.tsx'

interface RepairPanelProps {
  readonly heal: HealSnapshot
  readonly plan: RepairPlan
  readonly onCancel: () => void
  readonly onSave: (indexes: readonly number[]) => void
  readonly onAgain: () => void
}

/** A repair, from fetching bad pieces to the saved copy. */
export function RepairPanel({ heal, plan, onCancel, onSave, onAgain }: RepairPanelProps) {
  const t = useTranslations('heal')
  const reader = useTranslations('reader')
  const format = useFormat()
  const heading = useRef<HTMLHeadingElement>(null)
  const { inPlace, savedBytes, step } = heal
  const { metainfo, report, selected } = plan
  const swarm = useSwarm(metainfo.infoHash)
  // The button that had the focus is gone.
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    heading.current?.scrollIntoView({ block: 'nearest' })
  }, [])

  const total = bytesToFetch(metainfo, report.good, selected)
  const fetched = step === 'repairing' ? fetchedBytes(plan, swarm, total) : total
  const value = total === 0 ? 1 : fetched / total
  const state =
    step === 'repairing' ? (swarm?.state ?? 'waiting') : inPlace && step === 'saving' ? 'downloading' : 'done'
  const changed = filesToSave(plan)
  const saving = step === 'saving'
  const savingTotal = changed.reduce((sum, index) => sum + (metainfo.files[index]?.length ?? 0), 0)

  return (
    <section
      data-share={metainfo.infoHash}
      data-state={state}
      data-good-pieces={report.goodPieces}
      data-bad-pieces={report.badPieces}
      data-progress={value}
      data-downloaded={fetched}
      data-uploaded={swarm?.uploaded ?? 0}
      data-download-rate={Math.round(swarm?.downloadRate ?? 0)}
      data-upload-rate={Math.round(swarm?.uploadRate ?? 0)}
      data-peers={swarm?.peers.length ?? 0}
      data-peer-id={swarm?.peerId}
      data-tracker={swarm?.tracker}
      className="card space-y-5 p-4 sm:p-6"
    >
      <div className="space-y-3">
        <ProgressHead heading={heading} headline={headline()} value={value} label={t('progress')} />
        <p className="flex flex-wrap justify-between gap-x-4 text-muted tabular-nums">
          <span>{t('fetched', { done: format.bytes(fetched), total: format.bytes(total) })}</span>
          {swarm && step === 'repairing' && swarm.peers.length > 0 && (
            <span>
              {format.rate(swarm.downloadRate)} {reader('from', { count: swarm.peers.length })}
            </span>
          )}
        </p>
        <ProgressAnnouncer state={headline()} value={value} />
      </div>
      {swarm?.error && <ErrorNotice audience="reader" code={swarm.error.code} detail={swarm.error.detail} />}
      {swarm?.problem && (
        <ErrorNotice audience="reader" code={swarm.problem.code} detail={swarm.problem.detail} />
      )}
      {state === 'waiting' && swarm?.peers.length === 0 && (
        <Notice tone="amber" role="status" title={reader('waiting')}>
          <p>{reader('waitingWhy')}</p>
          <p>{reader('waitingWill')}</p>
        </Notice>
      )}
      {step === 'repairing' && swarm && <PieceStrip pieceMap={swarm.pieceMap} />}
      {saving && (
        <SavingProgress
          value={savingTotal === 0 ? 1 : Math.min(1, savedBytes / savingTotal)}
          text={format.bytes(savedBytes)}
          timeLeft={null}
          onCancel={onCancel}
        />
      )}
      {step === 'repaired' && <p className="text-muted">{t('repairedText')}</p>}
      {step === 'saved' && (
        <Notice tone="green" role="status" data-saved={inPlace ? 'in-place' : 'new'} title={t('saved')}>
          <p>{t(inPlace ? 'savedInPlaceText' : 'savedText')}</p>
        </Notice>
      )}
      {(step === 'repaired' || (step === 'saved' && !inPlace)) && <SaveButtons plan={plan} onSave={onSave} />}
      {step === 'repairing' && <Button onClick={onCancel}>{t('cancelRepair')}</Button>}
      {(step === 'saved' || step === 'repaired') && <Button onClick={onAgain}>{t('again')}</Button>}
    </section>
  )

  function headline(): string {
    if (step === 'saved') return t('saved')
    if (saving) return t('saving')
    if (step === 'repaired') return t('repaired')
    return (swarm?.state === 'downloading' && format.timeLeft(swarm.timeLeft)) || t('repairing')
  }
}

interface SaveButtonsProps {
  readonly plan: RepairPlan
  readonly onSave: (indexes: readonly number[]) => void
}

/** Save one repaired file as it is, several as a zip, with or without the files that were right. */
function SaveButtons({ plan, onSave }: SaveButtonsProps) {
  const t = useTranslations('heal')
  const { files, name } = plan.metainfo
  const changed = filesToSave(plan)
  const all = [...files.keys()].filter(index => !files[index]?.padding)
  const only = visibleName(files[changed[0] ?? 0]?.path.at(-1) ?? name)
  return (
    <div className="flex flex-wrap gap-2">
      <Button look="primary" size="large" className="max-w-full" onClick={() => onSave(changed)}>
        <Download aria-hidden="true" />
        <span className="truncate">
          {changed.length === 1 ? t('save', { name: only }) : t('saveChanged')}
        </span>
      </Button>
      {changed.length < all.length && plan.selected.length === all.length && (
        <Button size="large" onClick={() => onSave(all)}>
          {t('saveAll')}
        </Button>
      )}
    </div>
  )
}

/** Bytes fetched, of those that had to be. The swarm counts by file, a repair by whole piece. */
function fetchedBytes(
  { metainfo, report, selected }: RepairPlan,
  swarm: SwarmSnapshot | undefined,
  total: number,
) {
  const before = badBytesOf(metainfo, report.good, selected)
  if (!swarm || before === 0) return 0
  return Math.round((1 - (swarm.length - swarm.downloaded) / before) * total)
}
