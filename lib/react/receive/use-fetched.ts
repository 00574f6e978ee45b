import { useEffect, useState } from 'react'
import { fetchDeliveryState } from '../../api/inboxes.ts'
import { noteSentTo, type SentTo } from '../../browser/records/owned-shares.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const INTERVAL_MS = 5_000

/**
 * Whether the page of who asked has been told of what was sent, asked until it has: hidden tabs ask too, since what they show is looked at
 * later. Errors change nothing: an inbox that has ended says nothing more.
 */
export function useFetched(infoHash: InfoHash, sentTo: SentTo): boolean {
  const [isFetched, setFetched] = useState(sentTo.fetched)
  useEffect(() => {
    if (isFetched) return
    const look = async () => {
      const state = await fetchDeliveryState(sentTo.inbox, sentTo.receipt).catch(() => null)
      if (!state?.fetched) return
      setFetched(true)
      await noteSentTo(infoHash, { ...sentTo, fetched: true })
    }
    void look()
    const timer = setInterval(() => void look(), INTERVAL_MS)
    return () => clearInterval(timer)
  }, [infoHash, isFetched, sentTo])
  return isFetched
}
