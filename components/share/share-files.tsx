'use client'

import { Download } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ReactNode, useMemo } from 'react'
import type { FileSnapshot } from '../../lib/engine/view/snapshot.ts'
import type { Share } from '../../lib/protocol/share.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import type { TreeNode } from '../../lib/torrent/file-tree.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { FileTree } from '../common/file-tree.tsx'
import { Button } from '../ui/button.tsx'
import { Checkbox } from '../ui/checkbox.tsx'
import { Progress } from '../ui/progress.tsx'

/** A visible file, with its index in the metainfo, which counts padding files too. */
export interface ShareFile {
  readonly path: readonly string[]
  readonly length: number
  readonly index: number
}

export const shareFiles = (share: Share): ShareFile[] =>
  share.files.flatMap(({ path, length, padding }, index) =>
    padding ? [] : { path: path.split('/'), length, index },
  )

/** Files that the person wants, or no longer wants; indexes in the metainfo. */
export interface FileChoice {
  readonly indexes: readonly number[]
  readonly wanted: boolean
}

interface ShareFilesProps {
  readonly files: readonly ShareFile[]
  /** Metainfo indexes of the wanted files. Without `onSelect` nothing can be chosen. */
  readonly selected?: ReadonlySet<number>
  readonly onSelect?: (choice: FileChoice) => void
  /** Progress of each file, once a download runs. */
  readonly progress?: readonly FileSnapshot[]
  readonly onSave?: (index: number) => void
  /** Shown before the save button of a file. */
  readonly extra?: (file: ShareFile) => ReactNode
}

/** The files of a share: list them, choose some, save complete ones one by one. */
export function ShareFiles({ files, selected, onSelect, progress, onSave, extra }: ShareFilesProps) {
  const t = useTranslations('reader')
  const format = useFormat()
  const here = useMemo(() => new Map(progress?.map(file => [file.index, file])), [progress])
  const indexesOf = (node: TreeNode): number[] =>
    (node.kind === 'file' ? [node.index] : node.indexes).flatMap(at => files[at]?.index ?? [])

  const choice = (node: TreeNode) => {
    if (!selected || !onSelect) return null
    const indexes = indexesOf(node)
    const wanted = indexes.filter(index => selected.has(index)).length
    const checked = wanted === 0 ? false : wanted === indexes.length ? true : 'indeterminate'
    return (
      <Checkbox
        checked={checked}
        label={t(node.kind === 'file' ? 'selectFile' : 'selectFolder', { name: visibleName(node.name) })}
        onChange={next => onSelect({ indexes, wanted: next })}
      />
    )
  }
  const snapshotOf = (node: TreeNode) =>
    node.kind === 'file' ? here.get(files[node.index]?.index ?? -1) : undefined
  const extraFor = (at: number) => {
    const file = files[at]
    return file && extra?.(file)
  }
  const isComplete = (node: TreeNode) => (snapshotOf(node)?.downloaded ?? -1) >= node.length

  return (
    <FileTree
      files={files}
      leading={choice}
      detail={node => {
        const file = snapshotOf(node)
        if (!file?.selected || isComplete(node)) return null
        const value = node.length === 0 ? 0 : file.downloaded / node.length
        return (
          <Progress
            value={value}
            label={visibleName(node.name)}
            valueText={format.percent(value)}
            className="mt-2 h-1.5!"
          />
        )
      }}
      trailing={node => (
        <>
          {node.kind === 'file' && extraFor(node.index)}
          {onSave && isComplete(node) && (
            <Button
              look="quiet"
              size="icon"
              aria-label={t('save', { name: visibleName(node.name) })}
              onClick={() => onSave(indexesOf(node)[0] ?? 0)}
            >
              <Download />
            </Button>
          )}
        </>
      )}
    />
  )
}
