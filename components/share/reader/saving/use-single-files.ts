import { useEffect, useRef, useState } from 'react'
import { thisTab } from '../../../../lib/browser/this-tab.ts'
import type { SwarmSnapshot } from '../../../../lib/engine/view/snapshot.ts'
import { wasCancelled } from '../../../../lib/save/save.ts'
import { saveFile } from '../../../../lib/save/save-files.ts'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import type { FileChoice, ShareFile } from '../../share-files.tsx'

interface SingleFilesOptions {
  readonly infoHash: InfoHash
  /** Undefined until something is fetched. */
  readonly download: SwarmSnapshot | undefined
  readonly select: (choice: FileChoice) => void
  /** Start with this file and no other. */
  readonly startWith: (file: ShareFile) => void
  readonly onError: (reason: unknown) => void
}

interface SingleFiles {
  /** Save `file`: now when it is complete, otherwise as soon as it is. */
  readonly get: (file: ShareFile) => void
  /** Whether `get` saves this file, or did. */
  readonly handles: (index: number | undefined) => boolean
  /** Whether `get` has saved this file. */
  readonly hasSaved: (index: number | undefined) => boolean
}

/** Files that the person gets one by one, each saved as soon as it is complete. */
export function useSingleFiles({
  infoHash,
  download,
  select,
  startWith,
  onError,
}: SingleFilesOptions): SingleFiles {
  const asked = useRef(new Map<number, { readonly length: number; readonly isSaved: boolean }>())
  const [saved, setSaved] = useState<ReadonlySet<number>>(new Set())
  const save = (index: number, length: number) => {
    asked.current.set(index, { length, isSaved: true })
    saveFile(thisTab(), infoHash, index).then(
      () => setSaved(before => new Set([...before, index])),
      reason => wasCancelled(reason) || onError(reason),
    )
  }
  useEffect(() => {
    if (!download || asked.current.size === 0) return
    for (const { index, downloaded, selected } of download.files) {
      const file = asked.current.get(index)
      if (file && !file.isSaved && selected && downloaded >= file.length) save(index, file.length)
    }
  })
  const get = ({ index, length, path }: ShareFile) => {
    const here = download?.files.find(each => each.index === index)
    if (here && here.downloaded >= length) {
      save(index, length)
      return
    }
    asked.current.set(index, { length, isSaved: false })
    if (!download) startWith({ index, length, path })
    else if (!here?.selected) select({ indexes: [index], wanted: true })
  }
  return {
    get,
    handles: index => index !== undefined && asked.current.has(index),
    hasSaved: index => index !== undefined && saved.has(index),
  }
}
