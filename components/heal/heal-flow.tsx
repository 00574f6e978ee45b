'use client'

import { useEffect, useEffectEvent } from 'react'
import { pickFile } from '../../lib/browser/picked-file.ts'
import { thisTab } from '../../lib/browser/this-tab.ts'
import { fragmentOf, infoHashIn, readShare, readSourceFile } from '../../lib/heal/read-source.ts'
import { useLeaveWarning } from '../../lib/react/page/use-leave-warning.ts'
import { useHeal } from '../../lib/react/share/use-heal.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { DropOverlay } from '../publish/drop/drop-overlay.tsx'
import { useFileDrop } from '../publish/drop/use-file-drop.ts'
import { CheckReport } from './check-report.tsx'
import { Checking } from './checking.tsx'
import { CopyPanel } from './copy-panel.tsx'
import { RepairPanel } from './repair-panel.tsx'
import { SourcePanel } from './source-panel.tsx'

interface HealFlowProps {
  /** The share to check against; null: the person chooses it. */
  readonly infoHash: InfoHash | null
  /** Part of a share's page instead of a page of its own. */
  readonly embedded?: boolean
  readonly onRepairing?: (repairing: boolean) => void
}

const REPAIR_STEPS: ReadonlySet<string> = new Set(['repairing', 'repaired', 'saving', 'saved'])
const UNSAVED_STEPS: ReadonlySet<string> = new Set(['repairing', 'repaired', 'saving'])

/** Choose a share and a copy of it, see the report, repair the copy. */
export function HealFlow({ infoHash, embedded = false, onRepairing }: HealFlowProps) {
  const [session, heal] = useHeal()
  const { copy, error, metainfo, picked, plan, report, step } = heal
  const repairing = REPAIR_STEPS.has(step)
  useLeaveWarning(UNSAVED_STEPS.has(step))

  const reportRepairing = useEffectEvent((now: boolean) => onRepairing?.(now))
  useEffect(() => reportRepairing(repairing || step === 'starting'), [repairing, step])
  useEffect(() => {
    // On a share's page, only once a copy is chosen.
    if (infoHash && !embedded) void session.chooseShare(() => readShare(thisTab(), infoHash))
  }, [session, infoHash, embedded])

  const chooseCopy = async (files: readonly File[]) => {
    await session.chooseCopy(files.map(pickFile))
    if (embedded && infoHash && !session.getSnapshot().metainfo) {
      await session.chooseShare(() => readShare(thisTab(), infoHash))
    }
  }
  const chooseSource = ([file]: readonly File[]) => file && session.chooseShare(() => readSourceFile(file))
  /** One drop may bring both, the source and the copy. */
  const onDrop = async (files: readonly File[]) => {
    const sources = embedded ? [] : files.filter(({ name }) => /\.(torrent|url|webloc|magnet)$/i.test(name))
    // A copy may contain such files too, so several of them name no source.
    const source = sources.length === 1 && (files.length > 1 || !metainfo) ? sources : []
    if (source.length > 0) void chooseSource(source)
    const rest = files.filter(file => !source.includes(file))
    if (rest.length > 0) await chooseCopy(rest)
  }
  const drop = useFileDrop(({ files }) => void onDrop(files), {
    disabled: repairing,
    area: embedded ? 'element' : 'page',
  })

  return (
    <div {...(embedded ? drop.dropProps : {})} data-heal={step} className="space-y-4">
      {drop.dragging && !embedded && <DropOverlay />}
      {error && step !== 'checked' && (
        <ErrorNotice audience="reader" code={error.code} detail={error.detail} />
      )}
      {!repairing && !embedded && (
        <SourcePanel
          metainfo={metainfo}
          reading={step === 'reading'}
          onFile={chooseSource}
          onLink={link =>
            void session.chooseShare(async () => readShare(thisTab(), infoHashIn(link), fragmentOf(link)))
          }
        />
      )}
      {!repairing && (
        <CopyPanel
          picked={picked}
          embedded={embedded}
          isNext={embedded || metainfo !== null}
          onFiles={chooseCopy}
          {...(step === 'choose' && metainfo && picked.length > 0 && { onCheck: session.check })}
        />
      )}
      {step === 'checking' && <Checking progress={heal.progress} onCancel={() => session.cancel()} />}
      {(step === 'checked' || step === 'starting') && metainfo && copy && report && (
        <CheckReport
          metainfo={metainfo}
          copy={copy}
          report={report}
          starting={step === 'starting'}
          error={error}
          onRepair={(selected, how) =>
            how === 'in-place' ? session.repairInPlace(selected) : session.repairAsNew(selected)
          }
        />
      )}
      {repairing && plan && (
        <RepairPanel
          heal={heal}
          plan={plan}
          onCancel={() => session.cancel()}
          onSave={indexes => session.saveAsNew(indexes)}
          onAgain={() => (embedded ? session.startOverWithShare() : session.startOver())}
        />
      )}
    </div>
  )
}
