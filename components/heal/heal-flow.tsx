'use client'

import { FileCheck2, FilePlus2, FolderPlus, Link } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useEffectEvent, useState } from 'react'
import { fetchMetainfo } from '../../lib/api/client.ts'
import { infoHashIn, readSourceFile } from '../../lib/heal/read-source.ts'
import { pickFiles, pickFolder } from '../../lib/publish/list-files.ts'
import { pickFile } from '../../lib/publish/plan.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useLeaveWarning } from '../../lib/react/page/use-leave-warning.ts'
import { useHeal } from '../../lib/react/share/use-heal.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Name } from '../common/name.tsx'
import { DropOverlay } from '../publish/drop-overlay.tsx'
import { useFileDrop } from '../publish/use-file-drop.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { CheckReport } from './check-report.tsx'
import { Checking } from './checking.tsx'
import { FileInput } from './file-input.tsx'
import { RepairPanel } from './repair-panel.tsx'

interface HealFlowProps {
  /** The share to check against; null: the person says. */
  readonly infoHash: InfoHash | null
  /** Part of a share's page, and not a page of its own. */
  readonly embedded?: boolean
  readonly onRepairing?: (repairing: boolean) => void
}

const REPAIR_STEPS: ReadonlySet<string> = new Set(['repairing', 'repaired', 'saving', 'saved'])
const UNSAVED_STEPS: ReadonlySet<string> = new Set(['repairing', 'repaired', 'saving'])

/** From a share and a copy of it to a report, and on to a repaired copy. */
export function HealFlow({ infoHash, embedded = false, onRepairing }: HealFlowProps) {
  const t = useTranslations('heal')
  const format = useFormat()
  const [session, heal] = useHeal()
  const { copy, error, metainfo, picked, plan, report, step } = heal
  const [otherLink, setOtherLink] = useState(false)
  const repairing = REPAIR_STEPS.has(step)
  useLeaveWarning(UNSAVED_STEPS.has(step))

  const tellRepairing = useEffectEvent((now: boolean) => onRepairing?.(now))
  useEffect(() => tellRepairing(repairing || step === 'starting'), [repairing, step])
  useEffect(() => {
    // On a share's page only when it is needed.
    if (infoHash && !embedded) void session.chooseShare(() => fetchMetainfo(infoHash))
  }, [session, infoHash, embedded])

  const chooseCopy = async (files: readonly File[]) => {
    await session.chooseCopy(files.map(pickFile))
    if (embedded && infoHash && !session.getSnapshot().metainfo) {
      await session.chooseShare(() => fetchMetainfo(infoHash))
    }
  }
  const chooseSource = ([file]: readonly File[]) => file && session.chooseShare(() => readSourceFile(file))
  const chooseLink = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('link') ?? '')
    setOtherLink(false)
    void session.chooseShare(async () => fetchMetainfo(infoHashIn(text)))
  }
  /** Both may come in one drop. */
  const drop = useFileDrop(repairing, async files => {
    const sources = embedded ? [] : files.filter(({ name }) => /\.(torrent|url|webloc|magnet)$/i.test(name))
    // A copy may hold such files too; several of them say nothing.
    const source = sources.length === 1 && (files.length > 1 || !metainfo) ? sources : []
    if (source.length > 0) void chooseSource(source)
    const rest = files.filter(file => !source.includes(file))
    if (rest.length > 0) await chooseCopy(rest)
  })

  return (
    <div {...(repairing ? {} : drop.rootProps)} data-heal={step} className="space-y-4">
      {drop.dragging && !embedded && <DropOverlay />}
      {error && step !== 'checked' && <ErrorNotice code={error.code} detail={error.detail} />}
      {!repairing && !embedded && (
        <section className="card space-y-3 p-4 sm:p-6">
          <h2 className="font-semibold text-xl">{t('sourceTitle')}</h2>
          {metainfo ? (
            <p role="status" className="break-words tabular-nums [overflow-wrap:anywhere]">
              <Name text={metainfo.name} className="font-semibold" /> ·{' '}
              {format.files(metainfo.files.filter(({ padding }) => !padding).length)} ·{' '}
              {format.bytes(metainfo.length)}
            </p>
          ) : (
            <p role="status" className="text-muted">
              {t(step === 'reading' ? 'reading' : 'sourceText')}
            </p>
          )}
          <div className="flex flex-wrap gap-2">
            <FileInput label={t('source')} primary={!metainfo} onFiles={chooseSource}>
              <FileCheck2 aria-hidden="true" />
              {t(metainfo ? 'otherSource' : 'chooseSource')}
            </FileInput>
            {metainfo && !otherLink && (
              <Button onClick={() => setOtherLink(true)}>
                <Link aria-hidden="true" />
                {t('otherLink')}
              </Button>
            )}
          </div>
          {(!metainfo || otherLink) && (
            <form onSubmit={chooseLink} className="flex flex-wrap items-end gap-2">
              <div className="min-w-0 grow">
                <TextField
                  label={t('link')}
                  hint={t('linkHint')}
                  name="link"
                  required
                  autoComplete="off"
                  spellCheck={false}
                />
              </div>
              <Button type="submit">{t('useLink')}</Button>
            </form>
          )}
        </section>
      )}
      {!repairing && (
        <section className={embedded ? 'space-y-3' : 'card space-y-3 p-4 sm:p-6'}>
          {!embedded && <h2 className="font-semibold text-xl">{t('copyTitle')}</h2>}
          <p className="text-muted">
            {picked.length > 0
              ? `${t('chosen', { count: picked.length })} · ${format.bytes(picked.reduce((sum, { file }) => sum + file.size, 0))}`
              : t(embedded ? 'entryText' : 'copyText')}
          </p>
          <div className="flex flex-wrap gap-2">
            <FileInput
              label={t('copy')}
              multiple
              primary={picked.length === 0 && (embedded || metainfo !== null)}
              pick={pickFiles}
              onFiles={chooseCopy}
            >
              <FilePlus2 aria-hidden="true" />
              {t(picked.length > 0 ? 'otherCopy' : 'chooseCopy')}
            </FileInput>
            <FileInput label={t('folder')} folder pick={pickFolder} onFiles={chooseCopy}>
              <FolderPlus aria-hidden="true" />
              {t(picked.length > 0 ? 'otherFolder' : 'chooseFolder')}
            </FileInput>
          </div>
          {!embedded && picked.length === 0 && <p className="text-muted text-sm">{t('dropHint')}</p>}
          {step === 'choose' && metainfo && picked.length > 0 && (
            <Button look="primary" onClick={session.check}>
              {t('check')}
            </Button>
          )}
        </section>
      )}
      {step === 'checking' && <Checking progress={heal.progress} onCancel={() => session.cancel()} />}
      {(step === 'checked' || step === 'starting') && metainfo && copy && report && (
        <CheckReport
          metainfo={metainfo}
          copy={copy}
          report={report}
          starting={step === 'starting'}
          error={error}
          onRepair={(selected, inPlace) => session.repair(selected, inPlace)}
        />
      )}
      {repairing && plan && (
        <RepairPanel
          heal={heal}
          plan={plan}
          onCancel={() => session.cancel()}
          onSave={indexes => session.saveAsNew(indexes)}
          onAgain={() => session.startOver(embedded)}
        />
      )}
    </div>
  )
}
