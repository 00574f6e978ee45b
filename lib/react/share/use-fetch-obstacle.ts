import { useEffect, useState } from 'react'
import { fetchShare } from '../../api/client.ts'
import type { InfoHash } from '../../torrent/ids.ts'
import { useIsServerOnly } from '../page/use-missing-capability.ts'

/** Why this browser can fetch nothing of a share: it has no WebRTC, and no server has the files. Null while nothing is known against it. */
export function useFetchObstacle(infoHash: InfoHash): 'webrtc_missing' | null {
  const isServerOnly = useIsServerOnly()
  const [obstacle, setObstacle] = useState<'webrtc_missing' | null>(null)
  useEffect(() => {
    setObstacle(null)
    if (!isServerOnly) return
    let isStale = false
    fetchShare(infoHash).then(
      ({ webSeeds }) => {
        if (!isStale && webSeeds.length === 0) setObstacle('webrtc_missing')
      },
      // What is wrong is said when the repair starts.
      () => undefined,
    )
    return () => {
      isStale = true
    }
  }, [infoHash, isServerOnly])
  return obstacle
}
