import { useEffect, useState } from 'react'
import { getSavedRecord, type SavedDownload } from '../../browser/records/saved-records.ts'
import { thisTab } from '../../browser/this-tab.ts'
import type { SwarmSnapshot } from '../../engine/view/snapshot.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import { useSwarm } from '../share/use-swarm.ts'

interface Arrival {
  readonly swarm: SwarmSnapshot | undefined
  /** From 0 to 1. */
  readonly progress: number
  readonly isComplete: boolean
  readonly isSaved: boolean
  /** This browser has nothing of it any more. */
  readonly isGone: boolean
  /** Once it is complete. */
  readonly files: Metainfo['files'] | null
}

/** A delivery that became a download of this browser, whether or not a tab runs it. */
export function useArrival(infoHash: InfoHash): Arrival {
  const swarm = useSwarm(infoHash)
  const [record, setRecord] = useState<SavedDownload | null>()
  const [files, setFiles] = useState<Metainfo['files'] | null>(null)
  const state = swarm?.state
  // biome-ignore lint/correctness/useExhaustiveDependencies: the record changes when the swarm's state does
  useEffect(() => {
    let current = true
    getSavedRecord(infoHash).then(
      found => current && setRecord(found?.role === 'reader' ? found : null),
      () => current && setRecord(null),
    )
    return () => {
      current = false
    }
  }, [infoHash, state])
  const [downloaded, length] = swarm
    ? [swarm.downloaded, swarm.length]
    : [record?.downloaded ?? 0, record?.length ?? 0]
  const isComplete = length > 0 && downloaded >= length
  useEffect(() => {
    if (!isComplete) return
    let current = true
    thisTab()
      .session.metainfo(infoHash)
      .then(
        found => current && setFiles(found?.files ?? null),
        () => undefined,
      )
    return () => {
      current = false
    }
  }, [infoHash, isComplete])
  return {
    swarm,
    progress: length === 0 ? 0 : downloaded / length,
    isComplete,
    isSaved: swarm?.saved ?? record?.saved ?? false,
    isGone: swarm === undefined && record === null,
    files: isComplete ? files : null,
  }
}
