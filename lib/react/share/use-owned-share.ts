import { useEffect, useState } from 'react'
import { getOwnedShare, type OwnedShare } from '../../browser/records/owned-shares.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** This browser's record of a share it published; undefined until it is read, and for all other shares. */
export function useOwnedShare(infoHash: InfoHash): OwnedShare | undefined {
  const [owned, setOwned] = useState<OwnedShare>()
  useEffect(() => {
    let current = true
    // Where storage is withheld there is no record to find.
    getOwnedShare(infoHash).then(
      found => current && setOwned(found),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [infoHash])
  return owned
}
