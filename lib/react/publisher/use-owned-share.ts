import { useEffect, useState } from 'react'
import { getOwnedShare, type OwnedShare } from '../../browser/records/owned-shares.ts'
import type { InfoHash } from '../../torrent/ids.ts'

/** This browser's record of a share it published; undefined until it is read, null for all other shares. */
export function useOwnedShare(infoHash: InfoHash): OwnedShare | null | undefined {
  const [owned, setOwned] = useState<OwnedShare | null>()
  useEffect(() => {
    let current = true
    // Without storage there is no record.
    getOwnedShare(infoHash).then(
      found => current && setOwned(found ?? null),
      () => undefined,
    )
    return () => {
      current = false
    }
  }, [infoHash])
  return owned
}
