import { useTranslations } from 'next-intl'
import type { SharePlan } from '../../lib/publish/plan.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Name } from '../common/name.tsx'
import { Notice } from '../ui/notice.tsx'

/** Enough names to recognise what is meant. */
const NAMES_SHOWN = 5
const LINES_SHOWN = 20

/** Files and folders that the system does not let the browser read. */
export function Closed({ paths }: { readonly paths: readonly string[] }) {
  const t = useTranslations('publish')
  return (
    <Notice
      tone="amber"
      role="alert"
      data-error="file_unreadable"
      title={t('closed', { count: paths.length })}
    >
      <p>{t('closedWhy')}</p>
      <Lines lines={paths} />
    </Notice>
  )
}

/** Files whose names cannot be published as they are. */
export function Renamed({ plan }: { readonly plan: SharePlan }) {
  const t = useTranslations('publish')
  const lines = plan.renamed.map(({ from, to }) => t('renamedTo', { from: visibleName(from), to }))
  return (
    <Notice
      tone="plain"
      role="status"
      data-renamed={lines.length}
      title={t('renamed', { count: lines.length })}
    >
      <p>{t('renamedWhy')}</p>
      <Lines lines={lines} />
    </Notice>
  )
}

function Lines({ lines }: { readonly lines: readonly string[] }) {
  const t = useTranslations('publish')
  const more = lines.length - LINES_SHOWN
  return (
    <ul className="text-muted text-sm">
      {lines.slice(0, LINES_SHOWN).map(line => (
        <li key={line} className="break-words [overflow-wrap:anywhere]">
          <Name text={line} />
        </li>
      ))}
      {more > 0 && <li>{t('more', { count: more })}</li>}
    </ul>
  )
}

/** System files that are left out, which nobody misses. */
export function Junk({ plan }: { readonly plan: SharePlan }) {
  const t = useTranslations('publish')
  const names = [...new Set(plan.junk.map(({ path }) => visibleName(path.at(-1) ?? '')))]
  const shown = names.slice(0, NAMES_SHOWN).join(', ')
  return (
    <p className="text-muted text-sm">
      <strong className="font-semibold">{t('junk', { count: plan.junk.length })}.</strong>{' '}
      {t('junkWhy', { names: names.length > NAMES_SHOWN ? `${shown} …` : shown })}
    </p>
  )
}
