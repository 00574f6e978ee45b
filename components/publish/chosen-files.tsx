import { clsx } from 'clsx'
import { FilePlus2, FolderPlus, X } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { useEffect, useMemo, useRef } from 'react'
import type { PickedFile } from '../../lib/browser/picked-file.ts'
import type { SharePlan } from '../../lib/publish/plan.ts'
import { severalOf } from '../../lib/publish/several.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Name } from '../common/name.tsx'
import { FileTree } from '../files/file-tree.tsx'
import { Button } from '../ui/button.tsx'
import { Junk, Renamed } from './left-out.tsx'

/** What is asked before publishing is below them. */
const ROWS_MAX = 5

export interface ChosenFilesProps {
  readonly picked: readonly PickedFile[]
  readonly plan: SharePlan
  readonly onRemove: (files: ReadonlySet<File>) => void
  readonly onStartOver: () => void
  readonly onAddFiles: () => void
  readonly onAddFolder: () => void
  /** Below a heading of the page. Default: it is that of the page. */
  readonly level?: 1 | 2
}

/**
 * What was chosen, under the name that it will have unless it is given a title, before it is published: more can be added,
 * and parts removed. In a form it is the field `usualTitle`.
 */
export function ChosenFiles({
  picked,
  plan,
  onRemove,
  onStartOver,
  onAddFiles,
  onAddFolder,
  level = 1,
}: ChosenFilesProps) {
  const Heading = `h${level}` as const
  const t = useTranslations('publish')
  const format = useFormat()
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that had the focus is gone.
  useEffect(() => {
    heading.current?.focus()
  }, [])
  const several = useMemo(() => severalOf(picked, plan), [picked, plan])
  const usualTitle = several ? t('looseTitle', several) : ''
  const listed = useMemo(() => plan.files.map(({ path, file }) => ({ path, length: file.size })), [plan])
  const filesAt = (indexes: readonly number[]) =>
    new Set(indexes.flatMap(index => plan.files[index]?.file ?? []))
  return (
    <>
      <input type="hidden" name="usualTitle" value={usualTitle} />
      <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <Heading
            ref={heading}
            tabIndex={-1}
            className={clsx(
              'break-words font-bold tracking-tight outline-none [overflow-wrap:anywhere]',
              level === 1 ? 'text-3xl' : 'text-2xl',
            )}
          >
            <Name text={usualTitle || plan.name} />
          </Heading>
          <p className="mt-1 text-muted tabular-nums">
            {format.files(plan.files.length)} · {format.bytes(plan.length)}
          </p>
        </div>
        <Button look="quiet" onClick={onStartOver} className="-mx-4 sm:mx-0">
          {t('startOver')}
        </Button>
      </div>

      <div className="card px-4 py-2 sm:px-5">
        <FileTree
          files={listed}
          foldOver={ROWS_MAX}
          trailing={node => (
            <Button
              look="quiet"
              size="icon"
              className="-me-2"
              aria-label={t('remove', { name: visibleName(node.name) })}
              onClick={() => onRemove(filesAt(node.kind === 'file' ? [node.index] : node.indexes))}
            >
              <X />
            </Button>
          )}
        />
        <div className="border-line border-t py-2">
          <div className="-mx-3 flex flex-wrap gap-x-2">
            <Button look="quiet" onClick={onAddFiles} className="px-3!">
              <FilePlus2 aria-hidden="true" />
              {t('addFiles')}
            </Button>
            <Button look="quiet" onClick={onAddFolder} className="px-3!">
              <FolderPlus aria-hidden="true" />
              {t('addFolder')}
            </Button>
          </div>
        </div>
      </div>

      {plan.renamed.length > 0 && <Renamed plan={plan} />}
      {plan.junk.length > 0 && <Junk plan={plan} />}
    </>
  )
}
