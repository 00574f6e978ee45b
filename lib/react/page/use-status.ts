import { useEffect, useState } from 'react'
import { fetchStatus } from '../../api/client.ts'
import type { Status } from '../../protocol/status.ts'

const INTERVAL_MS = 5_000

/** The server's status, beginning with `first`, fetched every few seconds while the page is visible; `away`: no answer. */
export function useStatus(first: Status): { readonly status: Status; readonly away: boolean } {
  const [state, setState] = useState({ status: first, away: false })
  useEffect(() => {
    let current = true
    const refresh = () => {
      if (document.visibilityState !== 'visible') return
      fetchStatus().then(
        status => current && setState({ status, away: false }),
        () => current && setState(({ status }) => ({ status, away: true })),
      )
    }
    const timer = setInterval(refresh, INTERVAL_MS)
    document.addEventListener('visibilitychange', refresh)
    return () => {
      current = false
      clearInterval(timer)
      document.removeEventListener('visibilitychange', refresh)
    }
  }, [])
  return state
}
