import { useEffect } from 'react'

/** While `active` and visible, keeps the screen on: a computer that falls asleep ends the transfer. */
export function useWakeLock(active: boolean): void {
  useEffect(() => {
    if (!active || !('wakeLock' in navigator)) return
    let lock: WakeLockSentinel | null = null
    let over = false
    // The browser releases the lock whenever the page is hidden.
    const acquire = async () => {
      if (document.visibilityState !== 'visible') return
      // Browsers refuse it on a low battery.
      const next = await navigator.wakeLock.request('screen').catch(() => null)
      // An earlier request may have been granted meanwhile.
      void (over ? next : lock)?.release()
      if (!over) lock = next
    }
    void acquire()
    document.addEventListener('visibilitychange', acquire)
    return () => {
      over = true
      document.removeEventListener('visibilitychange', acquire)
      void lock?.release()
    }
  }, [active])
}
