import { useEffect, useState } from 'react'
import { fetchStatus } from '../../api/client.ts'
import type { Status } from '../../protocol/status.ts'

const INTERVAL_MS = 5_000

/** The server's status, from `first` on looked at every few seconds while somebody can see it; `away`: it did not answer. */
export function useStatus(first: Status): { readonly status: Status; readonly away: boolean } {
  const [state, setState] = useState({ status: first, away: false })
  useEffect(() => {
    let current = true
    const look = () => {
      if (document.visibilityState !== 'visible') return
      fetchStatus().then(
        status => current && setState({ status, away: false }),
        () => current && setState(({ status }) => ({ status, away: true })),
      )
    }
    const timer = setInterval(look, INTERVAL_MS)
    document.addEventListener('visibilitychange', look)
    return () => {
      current = false
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [])
  return state
}
