import { useEffect } from 'react'

/** While `active`, the browser asks before the tab is closed or reloaded. */
export function useLeaveWarning(active: boolean): void {
  useEffect(() => {
    if (!active) return
    const warn = (event: BeforeUnloadEvent) => event.preventDefault()
    // Registered only while needed: this listener keeps pages out of the back/forward cache.
    window.addEventListener('beforeunload', warn)
    return () => window.removeEventListener('beforeunload', warn)
  }, [active])
}
