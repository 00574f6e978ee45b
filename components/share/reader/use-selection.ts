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
  /** Of files that are not being fetched yet, only this one. */
  readonly selectOnly: (file: ShareFile) => void
}

/** The files that the person wants: chosen on the page before the download starts, held by the download, which has at least one, after. */
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
    if (!download) setChosen(next)
    else if (next.size === 0) toast.show(t('nothing'))
    else thisTab().session.select(download.infoHash, [...next])
  }
  const wanted = useMemo(() => files.filter(({ index }) => selected.has(index)), [files, selected])
  return { selected, wanted, select, selectOnly: ({ index }) => setChosen(new Set([index])) }
}
