import { useEffect, useState } from 'react'
import { getSavedRecord, type SavedPublication } from '../../browser/records/saved-records.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { useRestoring } from './use-restoring.ts'

/** The saved record of a publication; undefined until it is read, null when there is none (any more). */
export function usePublicationRecord(infoHash: InfoHash): SavedPublication | null | undefined {
  const [record, setRecord] = useState<SavedPublication | null>()
  const isUntried = useRestoring(infoHash) === undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: deleting it also ends the attempt to restore it
  useEffect(() => {
    let current = true
    getSavedRecord(infoHash).then(
      found => current && setRecord(found?.role === 'publisher' ? found : null),
      // Without storage there is no record.
      () => current && setRecord(null),
    )
    return () => {
      current = false
    }
  }, [infoHash, isUntried])
  return record
}
