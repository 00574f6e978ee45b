import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { type AppError, toAppError } from '../../lib/base/errors.ts'
import { type PickedFile, pickFile } from '../../lib/browser/picked-file.ts'
import type { Chosen } from '../../lib/publish/list-files.ts'
import { addPicked, planShare, type SharePlan } from '../../lib/publish/plan.ts'
import { useFileDrop } from './drop/use-file-drop.ts'

/** What a person chose, and what will be published of it. */
export interface Selection {
  readonly picked: readonly PickedFile[]
  readonly plan: SharePlan
}

interface SelectionOptions {
  /** Nothing can be chosen now. */
  readonly disabled: boolean
  /** Something stands: what comes next is loaded. */
  readonly onSelected: () => void
  /** Why what was chosen last cannot be published; null when it can. */
  readonly onProblem: (problem: AppError | null) => void
}

/** Files that are chosen, added and taken out again until they are published. */
export function useSelection({ disabled, onProblem, onSelected }: SelectionOptions) {
  const t = useTranslations('publish')
  const [selection, setSelection] = useState<Selection | null>(null)
  /** What the system does not let the browser read. */
  const [closed, setClosed] = useState<readonly string[]>([])
  /** Replaces the selection, but only with one that can be published. */
  const select = (picked: readonly PickedFile[]) => {
    try {
      setSelection({ picked, plan: planShare(picked, { fallbackName: t('folderName') }) })
      onProblem(null)
      onSelected()
    } catch (reason) {
      onProblem(toAppError(reason))
    }
  }
  const choose = (chosen: Chosen) => {
    setClosed(chosen.closed)
    if (chosen.files.length > 0) select(addPicked(selection?.picked ?? [], chosen.files.map(pickFile)))
    // An empty drop is a mistake, even when a selection stands: it is not added but reported.
    else if (chosen.closed.length === 0) select([])
  }
  const remove = (files: ReadonlySet<File>) => {
    const rest = selection?.picked.filter(({ file }) => !files.has(file)) ?? []
    if (rest.length === 0) setSelection(null)
    else select(rest)
  }
  const startOver = () => {
    setSelection(null)
    setClosed([])
    onProblem(null)
  }
  return { selection, closed, select, choose, remove, startOver, drop: useFileDrop(choose, { disabled }) }
}
