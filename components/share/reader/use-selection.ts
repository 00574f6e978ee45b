import { useTranslations } from 'next-intl'
import { useMemo, useState } from 'react'
import { thisTab } from '../../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import { toast } from '../../common/toast.ts'
import type { FileChoice, ShareFile } from '../share-files.tsx'

interface Selection {
  /** Metainfo indexes of the wanted files. */
  readonly selected: ReadonlySet<number>
  readonly wanted: readonly ShareFile[]
  readonly select: (choice: FileChoice) => void
}

/** The files that the person wants, at least one: chosen on the page before the download starts, held by the download after. */
export function useSelection(files: readonly ShareFile[], download: SwarmSnapshot | undefined): Selection {
  const t = useTranslations('reader')
  const [chosen, setChosen] = useState<ReadonlySet<number>>(() => new Set(files.map(({ index }) => index)))
  const selected = useMemo(
    () =>
      download ? new Set(download.files.filter(file => file.selected).map(({ index }) => index)) : chosen,
    [download, chosen],
  )
  const select = ({ indexes, wanted }: FileChoice) => {
    const next = new Set(selected)
    for (const index of indexes) {
      if (wanted) next.add(index)
      else next.delete(index)
    }
    if (next.size === 0) toast.show(t('nothing'))
    else if (download) thisTab().session.select(download.infoHash, [...next])
    else setChosen(next)
  }
  return { selected, wanted: files.filter(({ index }) => selected.has(index)), select }
}
