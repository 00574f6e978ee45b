import { useEffect, useState } from 'react'
import { fetchDeliveryState } from '../../api/inboxes.ts'
import { toAppError } from '../../base/errors.ts'
import { noteSentTo, type SentTo } from '../../browser/records/owned-shares.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const INTERVAL_MS = 5_000

/**
 * Whether the page of who asked has been told of what was sent, asked until it has: hidden tabs ask too, since what they show is looked at
 * later. Errors change nothing; an inbox that has ended is not asked again.
 */
export function useFetched(infoHash: InfoHash, sentTo: SentTo): boolean {
  const [isFetched, setFetched] = useState(sentTo.fetched)
  useEffect(() => {
    if (isFetched) return
    const look = async () => {
      const state = await fetchDeliveryState(sentTo.inbox, sentTo.receipt).catch(reason => {
        const { code } = toAppError(reason)
        if (code === 'inbox_ended' || code === 'inbox_not_found') clearInterval(timer)
      })
      if (!state?.fetched) return
      setFetched(true)
      await noteSentTo(infoHash, { ...sentTo, fetched: true })
    }
    const timer = setInterval(() => void look(), INTERVAL_MS)
    void look()
    return () => clearInterval(timer)
  }, [infoHash, isFetched, sentTo])
  return isFetched
}
