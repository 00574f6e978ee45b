import { useEffect, useState } from 'react'
import { getKeptShare, type KeptPublication } from '../browser/records/saved-records.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { useRestoring } from './share/use-restoring.ts'

/** This browser's record of a publication; undefined until it is read, null when there is none (any more). */
export function useKeptPublication(infoHash: InfoHash): KeptPublication | null | undefined {
  const [kept, setKept] = useState<KeptPublication | null>()
  const untried = useRestoring(infoHash) === undefined
  // biome-ignore lint/correctness/useExhaustiveDependencies: who forgets it also ends every attempt to bring it back
  useEffect(() => {
    let current = true
    getKeptShare(infoHash).then(
      found => current && setKept(found?.role === 'publisher' ? found : null),
      // Where storage is withheld there is no record to find.
      () => current && setKept(null),
    )
    return () => {
      current = false
    }
  }, [infoHash, untried])
  return kept
}
