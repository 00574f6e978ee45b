import { Wrench } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useMemo, useRef, useState } from 'react'
import type { AppError } from '../../lib/base/errors.ts'
import { bytesToFetch, type CopyReport } from '../../lib/heal/check-copy.ts'
import type { LocalCopy } from '../../lib/heal/local-copy.ts'
import { filesToSave } from '../../lib/heal/repair-plan.ts'
import { inPlaceTargets } from '../../lib/heal/save-in-place.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { useFetchObstacle } from '../../lib/react/share/use-fetch-obstacle.ts'
import type { Metainfo } from '../../lib/torrent/metainfo.ts'
import { pieceCells } from '../../lib/torrent/piece-map.ts'
import { ErrorNotice } from '../common/error-notice.tsx'
import { Name } from '../common/name.tsx'
import { PieceStrip } from '../share/piece-strip.tsx'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { Notice } from '../ui/notice.tsx'

/** Enough names to know which files are meant. */
const NAMES_SHOWN = 20

interface CheckReportProps {
  readonly metainfo: Metainfo
  readonly copy: LocalCopy
  readonly report: CopyReport
  /** Repair was pressed but does not run yet. */
  readonly starting: boolean
  /** Why the repair did not start. */
  readonly error: AppError | null
  readonly onRepair: (selected: readonly number[], how: 'in-place' | 'as-new') => void
}

/** The result of a check, and the next step. */
export function CheckReport({ metainfo, copy, report, starting, error, onRepair }: CheckReportProps) {
  const t = useTranslations('heal')
  const format = useFormat()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus({ preventScroll: true })
    heading.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  const missing = useMemo(
    () => new Set(report.files.flatMap(({ index, state }) => (state === 'missing' ? index : []))),
    [report],
  )
  const inFolder = copy.files.some(local => local && local.picked.path.length > 1)
  // People who choose single files of a folder want only those.
  const [withMissing, setWithMissing] = useState(inFolder || missing.size === report.files.length)
  const selected = useMemo(
    () =>
      [...metainfo.files.keys()].filter(
        index => !metainfo.files[index]?.padding && (withMissing || !missing.has(index)),
      ),
    [metainfo, withMissing, missing],
  )
  const cells = useMemo(() => pieceCells(metainfo.pieceCount, report.good, () => false), [metainfo, report])
  const plan = { metainfo, copy, report, selected }
  const toFetch = bytesToFetch(metainfo, report.good, selected)
  const targets = inPlaceTargets(plan)
  const size = format.bytes(toFetch)
  const verdict = verdictOf(report)
  const obstacle = useFetchObstacle(metainfo.infoHash)
  const cannotFetch = toFetch > 0 && obstacle !== null

  return (
    <section
      data-good-pieces={report.goodPieces}
      data-bad-pieces={report.badPieces}
      data-verdict={verdict}
      data-bad-bytes={report.badBytes}
      className="card space-y-5 p-4 sm:p-6"
    >
      <div>
        <h2 ref={heading} tabIndex={-1} className="font-bold text-2xl tracking-tight outline-none">
          {t(verdict, { percent: format.percent(report.goodPieces / Math.max(1, metainfo.pieceCount)) })}
        </h2>
        <p role="status" className="mt-1 text-muted">
          {verdict === 'whole' && t('wholeText')}
          {verdict === 'foreign' && t('foreignText')}
          {verdict === 'long' && t('longText', { size: format.bytes(excessOf(report)) })}
          {verdict === 'damaged' &&
            t('damagedText', {
              bad: format.count(report.badPieces),
              total: format.count(metainfo.pieceCount),
              size: format.bytes(report.badBytes),
            })}
        </p>
      </div>
      <PieceStrip pieceMap={cells} checked />
      <p className="text-muted tabular-nums">
        {t('pieces', { good: format.count(report.goodPieces), bad: format.count(report.badPieces) })}
      </p>
      {report.files.length > 0 && !metainfo.singleFile && (
        <div>
          <h3 className="font-semibold">{t('filesTitle')}</h3>
          <ul className="mt-1 divide-y divide-line">
            {report.files.slice(0, NAMES_SHOWN).map(({ index, state, excess }) => (
              <li
                key={index}
                data-file-state={state}
                className="flex flex-wrap justify-between gap-x-4 py-2 tabular-nums"
              >
                <Name
                  text={metainfo.files[index]?.path.join('/') ?? ''}
                  className="min-w-0 break-words [overflow-wrap:anywhere]"
                />
                <span className="text-muted">
                  {t(`state.${state}`)}
                  {excess > 0 && state !== 'long' && ` · ${t('excess', { size: format.bytes(excess) })}`}
                </span>
              </li>
            ))}
            {report.files.length > NAMES_SHOWN && (
              <li className="py-2 text-muted">{t('more', { count: report.files.length - NAMES_SHOWN })}</li>
            )}
          </ul>
        </div>
      )}
      {metainfo.singleFile && verdict === 'damaged' && excessOf(report) > 0 && (
        <p>{t('excess', { size: format.bytes(excessOf(report)) })}</p>
      )}
      {copy.extra.length > 0 && (
        <Notice tone="plain" data-extra-files={copy.extra.length}>
          <p>{t('extra', { count: copy.extra.length })}</p>
          <ul className="list-inside list-disc break-words [overflow-wrap:anywhere]">
            {copy.extra.slice(0, NAMES_SHOWN).map(({ path }) => (
              <li key={path.join('/')}>
                <Name text={path.join('/')} />
              </li>
            ))}
            {copy.extra.length > NAMES_SHOWN && (
              <li>{t('more', { count: copy.extra.length - NAMES_SHOWN })}</li>
            )}
          </ul>
        </Notice>
      )}
      {missing.size > 0 && missing.size < report.files.length && (
        <div className="flex items-center gap-1">
          <Checkbox
            checked={withMissing}
            label={t('withMissing', { size: missingSize() })}
            onChange={setWithMissing}
          />
          <span aria-hidden="true">{t('withMissing', { size: missingSize() })}</span>
        </div>
      )}
      {filesToSave(plan).length > 0 && (
        <div className="space-y-2">
          <div className="flex flex-wrap gap-2">
            {targets && (
              <Button
                look="primary"
                size="large"
                disabled={starting || cannotFetch}
                onClick={() => onRepair(selected, 'in-place')}
              >
                <Wrench aria-hidden="true" />
                {toFetch === 0 ? t('repairInPlaceNone') : t('repairInPlace', { size })}
              </Button>
            )}
            <Button
              look={targets || verdict === 'foreign' ? 'secondary' : 'primary'}
              size="large"
              disabled={starting || cannotFetch}
              onClick={() => onRepair(selected, 'as-new')}
            >
              {!targets && <Wrench aria-hidden="true" />}
              {targets ? t('repairAsNew') : toFetch === 0 ? t('repairNone') : t('repair', { size })}
            </Button>
          </div>
          {cannotFetch && <ErrorNotice audience="reader" code={obstacle} />}
          {error && <ErrorNotice audience="reader" code={error.code} detail={error.detail} />}
          <p className="text-muted text-sm">{t(targets ? 'repairTextInPlace' : 'repairText')}</p>
        </div>
      )}
    </section>
  )

  function missingSize(): string {
    return format.bytes([...missing].reduce((sum, index) => sum + (metainfo.files[index]?.length ?? 0), 0))
  }
}

const excessOf = ({ files }: CopyReport): number => files.reduce((sum, { excess }) => sum + excess, 0)

function verdictOf(report: CopyReport): 'whole' | 'long' | 'damaged' | 'foreign' {
  if (report.badPieces === 0) return report.files.length === 0 ? 'whole' : 'long'
  return report.goodPieces === 0 ? 'foreign' : 'damaged'
}
