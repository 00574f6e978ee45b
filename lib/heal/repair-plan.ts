import type { Metainfo } from '../torrent/metainfo.ts'
import type { CopyReport } from './check-copy.ts'
import type { LocalCopy } from './local-copy.ts'

/** What to repair: the files at `selected` (metainfo order) of a copy that was checked. */
export interface RepairPlan {
  readonly metainfo: Metainfo
  readonly copy: LocalCopy
  readonly report: CopyReport
  readonly selected: readonly number[]
}

/** The selected files that the copy lacks or has with errors, as indexes in metainfo order. */
export function filesToSave({ report, selected }: RepairPlan): number[] {
  const wanted = new Set(selected)
  return report.files.map(({ index }) => index).filter(index => wanted.has(index))
}
