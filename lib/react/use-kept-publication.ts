import { useEffect, useState } from 'react'
import { getKeptShare, type KeptPublication } from '../session/kept-shares.ts'
import type { InfoHash } from '../torrent/ids.ts'

/** This browser's record of a publication; undefined until it is read, null when there is none. */
export function useKeptPublication(infoHash: InfoHash): KeptPublication | null | undefined {
  const [kept, setKept] = useState<KeptPublication | null>()
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
  }, [infoHash])
  return kept
}
