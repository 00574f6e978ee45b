'use client'

import { clsx } from 'clsx'
import { ChevronDown, ChevronRight, File as FileIcon, Folder } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { useFormat } from '../../lib/react/page/use-format.ts'
import {
  buildTree,
  type FolderNode,
  fileSearch,
  type ListedFile,
  type TreeNode,
  visibleRows,
} from '../../lib/torrent/file-tree.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { Name } from '../common/name.tsx'
import { Button } from '../ui/button.tsx'
import { FileSearch } from './file-search.tsx'

/** More rows than this at once make typing and scrolling slow on a phone. */
const PAGE_ROWS = 100

/** Up to this many files, all folders are open. */
const OPEN_UP_TO = 30

/** Fewer rows are not worth a click. */
const FOLD_AT_LEAST = 2

/** More files than this can be searched. */
const SEARCH_OVER = 50

/** What is shown of a list. */
export interface ListedPart {
  /** Indexes in the list. */
  readonly indexes: readonly number[]
  /** All files, or those that a search found. */
  readonly of: 'all' | 'found'
}

interface FileTreeProps {
  readonly files: readonly ListedFile[]
  /** Above the list, for what concerns all that it shows. */
  readonly head?: (part: ListedPart) => ReactNode
  /** Before the name, for example a checkbox. */
  readonly leading?: (node: TreeNode) => ReactNode
  /** Under the name, for example a progress bar. */
  readonly detail?: (node: TreeNode) => ReactNode
  /** After the size, for example a button. */
  readonly trailing?: (node: TreeNode) => ReactNode
  /** More rows than this are folded away until somebody asks for them, because what matters more is below the list. */
  readonly foldOver?: number
}

/** Files in their folders, a page of rows at a time; long lists can be searched. */
export function FileTree({ files, foldOver, head, leading, detail, trailing }: FileTreeProps) {
  const t = useTranslations('files')
  const format = useFormat()
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const [wantedPage, setPage] = useState(0)
  const [query, setQuery] = useState('')
  const [isUnfolded, setUnfolded] = useState(false)
  const list = useRef<HTMLUListElement>(null)
  // Typing goes on while 50,000 files are searched.
  const searched = useDeferredValue(query)
  const search = useMemo(() => fileSearch(files), [files])
  const found = useMemo(() => search(searched), [search, searched])
  const tree = useMemo(() => buildTree(files, found ?? undefined), [files, found])
  const part = useMemo<ListedPart>(
    () => (found ? { indexes: found, of: 'found' } : { indexes: files.map((_, index) => index), of: 'all' }),
    [files, found],
  )
  const isOpen = (folder: FolderNode) =>
    (found !== null || files.length <= OPEN_UP_TO) !== toggled.has(folder.path)
  const rows = visibleRows(tree, isOpen)
  const lastPage = Math.max(0, Math.ceil(rows.length / PAGE_ROWS) - 1)
  const page = Math.min(wantedPage, lastPage)
  const first = page * PAGE_ROWS
  // A search is asked for: all that it finds is shown.
  const isFolded =
    foldOver !== undefined && !isUnfolded && found === null && rows.length > foldOver + FOLD_AT_LEAST
  const shown = rows.slice(first, first + (isFolded ? foldOver : PAGE_ROWS))
  // The button is gone that had the focus: it goes on with what was folded away.
  useEffect(() => {
    if (isUnfolded && foldOver !== undefined)
      list.current?.children[foldOver]?.querySelector('button')?.focus()
  }, [isUnfolded, foldOver])

  const toggle = ({ path }: FolderNode) => {
    const next = new Set(toggled)
    if (!next.delete(path)) next.add(path)
    setToggled(next)
  }
  const searchFor = (next: string) => {
    setQuery(next)
    setToggled(new Set())
    setPage(0)
  }

  return (
    <div>
      {files.length > SEARCH_OVER && (
        <FileSearch query={query} found={found?.length ?? null} onSearch={searchFor} />
      )}
      {part.indexes.length > 0 && head?.(part)}
      <ul ref={list} aria-label={t('list')} className="divide-y divide-line">
        {shown.map(({ node, depth }) => (
          // biome-ignore lint/a11y/useAriaPropsSupportedByRole: ARIA 1.2 has aria-level on list items
          <li
            key={node.kind === 'folder' ? `folder ${node.path}` : node.index}
            aria-level={depth + 1}
            className="flex min-h-12 items-center gap-2"
            // Even in deep folders, names keep most of a phone's width.
            style={{ paddingInlineStart: `${Math.min(depth, 5) * 1.25}rem` }}
          >
            {leading?.(node)}
            {/* On a phone the size is below the name, which keeps the width. */}
            <div className="min-w-0 grow py-2 sm:flex sm:items-center sm:gap-4">
              <div className="min-w-0 grow">
                {node.kind === 'folder' ? (
                  <FolderName node={node} open={isOpen(node)} onToggle={toggle} />
                ) : (
                  <span className="flex min-w-0 items-center gap-2">
                    <FileIcon aria-hidden="true" className="size-5 shrink-0 text-muted" />
                    <Name text={node.name} className="min-w-0 break-words [overflow-wrap:anywhere]" />
                  </span>
                )}
                {detail?.(node)}
              </div>
              <span
                className={clsx(
                  'block shrink-0 text-muted text-sm tabular-nums sm:ps-0',
                  node.kind === 'folder' ? 'ps-13' : 'ps-7',
                )}
              >
                {format.bytes(node.length)}
              </span>
            </div>
            {trailing?.(node)}
          </li>
        ))}
      </ul>
      {isFolded && (
        <Button look="quiet" aria-expanded={false} className="-mx-3 px-3!" onClick={() => setUnfolded(true)}>
          <ChevronDown aria-hidden="true" />
          {t('more', { count: rows.length - shown.length })}
        </Button>
      )}
      {lastPage > 0 && !isFolded && (
        <nav
          aria-label={t('pages')}
          className="flex items-center justify-between gap-2 border-line border-t pt-2"
        >
          <Button look="quiet" disabled={page === 0} onClick={() => setPage(page - 1)}>
            {t('previous')}
          </Button>
          <span className="text-muted text-sm tabular-nums">
            {t('range', {
              from: format.count(first + 1),
              to: format.count(first + shown.length),
              total: format.count(rows.length),
            })}
          </span>
          <Button look="quiet" disabled={page === lastPage} onClick={() => setPage(page + 1)}>
            {t('next')}
          </Button>
        </nav>
      )}
    </div>
  )
}

interface FolderNameProps {
  readonly node: FolderNode
  readonly open: boolean
  readonly onToggle: (node: FolderNode) => void
}

function FolderName({ node, open, onToggle }: FolderNameProps) {
  const t = useTranslations('files')
  const format = useFormat()
  return (
    <button
      type="button"
      aria-expanded={open}
      aria-label={t('folder', { name: visibleName(node.name), files: format.files(node.indexes.length) })}
      onClick={() => onToggle(node)}
      // As tall as a row, and no taller than those of files.
      className="-mt-2 -mb-1 flex min-h-11 w-full sm:-my-2 min-w-0 items-center gap-2 rounded-control text-start"
    >
      <span aria-hidden="true" className="flex shrink-0 items-center gap-1">
        <ChevronRight
          className={`size-5 text-muted transition-transform ${open ? 'rotate-90' : 'rtl:rotate-180'}`}
        />
        <Folder className="size-5 fill-leaf-soft text-leaf" />
      </span>
      <Name text={node.name} className="min-w-0 break-words font-semibold [overflow-wrap:anywhere]" />
    </button>
  )
}
