import { useEffect } from 'react'

/** While `active` and visible, the screen stays on: a computer that falls asleep ends the transfer. */
export function useWakeLock(active: boolean): void {
  useEffect(() => {
    if (!active || !('wakeLock' in navigator)) return
    let lock: WakeLockSentinel | null = null
    let over = false
    // The browser takes the lock back whenever the page is hidden.
    const acquire = async () => {
      if (document.visibilityState !== 'visible') return
      // Refused on a low battery: nothing to do about it.
      const next = await navigator.wakeLock.request('screen').catch(() => null)
      // One asked for before this one may have come as well.
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
