'use client'

import { Download, Save } from 'lucide-react'
import { useTranslations } from 'next-intl'
import { type ReactNode, useMemo } from 'react'
import type { FileSnapshot } from '../../lib/engine/view/snapshot.ts'
import type { Share } from '../../lib/protocol/share.ts'
import { useFormat } from '../../lib/react/page/use-format.ts'
import type { TreeNode } from '../../lib/torrent/file-tree.ts'
import { visibleName } from '../../lib/torrent/paths.ts'
import { FileTree, type ListedPart } from '../files/file-tree.tsx'
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
  /** Saves a file, or fetches it first; without it files have no button. */
  readonly onGet?: (file: ShareFile) => void
  /** Shown before the button of a file. */
  readonly extra?: (file: ShareFile) => ReactNode
}

/** The files of a share: list them, choose some, get them one by one. */
export function ShareFiles({ files, selected, onSelect, progress, onGet, extra }: ShareFilesProps) {
  const t = useTranslations('reader')
  const format = useFormat()
  const here = useMemo(() => new Map(progress?.map(file => [file.index, file])), [progress])
  const indexesOf = (node: TreeNode): number[] =>
    (node.kind === 'file' ? [node.index] : node.indexes).flatMap(at => files[at]?.index ?? [])

  const choice = (node: TreeNode) => {
    if (!selected || !onSelect) return null
    const indexes = indexesOf(node)
    return (
      <Checkbox
        checked={checkedOf(indexes, selected)}
        label={t(node.kind === 'file' ? 'selectFile' : 'selectFolder', { name: visibleName(node.name) })}
        onChange={next => onSelect({ indexes, wanted: next })}
      />
    )
  }
  const chooseAll = ({ indexes: at, of }: ListedPart) => {
    if (!selected || !onSelect) return null
    const indexes = at.flatMap(each => files[each]?.index ?? [])
    return (
      <ChooseAll
        name={t(of === 'all' ? 'selectAll' : 'selectFound')}
        checked={checkedOf(indexes, selected)}
        text={t('selected', { selected: format.count(selected.size), total: files.length })}
        onChange={next => onSelect({ indexes, wanted: next })}
      />
    )
  }
  const snapshotOf = (node: TreeNode) =>
    node.kind === 'file' ? here.get(files[node.index]?.index ?? -1) : undefined
  const isComplete = (node: TreeNode) => (snapshotOf(node)?.downloaded ?? -1) >= node.length

  return (
    <FileTree
      files={files}
      head={chooseAll}
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
      trailing={node => {
        const file = node.kind === 'file' ? files[node.index] : undefined
        if (!file) return null
        return (
          <>
            {extra?.(file)}
            {onGet && (
              <GetButton
                name={node.name}
                state={isComplete(node) ? 'here' : snapshotOf(node)?.selected ? 'coming' : 'away'}
                onGet={() => onGet(file)}
              />
            )}
          </>
        )
      }}
    />
  )
}

/** Of `indexes`, how many are chosen. */
function checkedOf(indexes: readonly number[], selected: ReadonlySet<number>): boolean | 'indeterminate' {
  const wanted = indexes.filter(index => selected.has(index)).length
  return wanted === 0 ? false : wanted === indexes.length ? true : 'indeterminate'
}

interface ChooseAllProps {
  readonly name: string
  readonly checked: boolean | 'indeterminate'
  /** How much is chosen. */
  readonly text: string
  readonly onChange: (checked: boolean) => void
}

function ChooseAll({ name, checked, text, onChange }: ChooseAllProps) {
  return (
    <div data-choose-all={checked} className="flex items-center gap-2 border-line border-b pe-2">
      <Checkbox checked={checked} label={name} onChange={onChange} />
      <span aria-hidden="true" className="grow font-semibold">
        {name}
      </span>
      <span className="text-end text-muted text-sm tabular-nums">{text}</span>
    </div>
  )
}

interface GetButtonProps {
  readonly name: string
  readonly state: 'away' | 'coming' | 'here'
  readonly onGet: () => void
}

/** Fetches one file, or saves it once it is here. */
function GetButton({ name, state, onGet }: GetButtonProps) {
  const t = useTranslations('reader')
  return (
    <Button
      look="quiet"
      size="icon"
      data-get={state}
      aria-label={t(state === 'here' ? 'save' : 'get', { name: visibleName(name) })}
      onClick={onGet}
    >
      {state === 'here' ? <Save /> : <Download />}
    </Button>
  )
}
