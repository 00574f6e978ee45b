import { useEffect, useSyncExternalStore } from 'react'
import { thisTab } from '../../browser/this-tab.ts'
import { type Receiving, type ReceivingState, receivingOf } from '../../receive/receiving.ts'

const NOTHING_YET: ReceivingState = { inboxes: undefined, states: new Map(), isAway: false }

const subscribe = (listener: () => void) => receivingOf(thisTab()).subscribe(listener)

/**
 * The inboxes of this browser, asked for what came every `intervalMs` while the page is open. Hidden tabs ask too, as often as the
 * browser lets them: this is what they are kept open for.
 */
export function useReceiving(intervalMs: number): ReceivingState & { readonly receiving: () => Receiving } {
  const state = useSyncExternalStore(
    subscribe,
    () => receivingOf(thisTab()).getSnapshot(),
    () => NOTHING_YET,
  )
  useEffect(() => {
    const look = () => void receivingOf(thisTab()).poll()
    look()
    const timer = setInterval(look, intervalMs)
    document.addEventListener('visibilitychange', look)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [intervalMs])
  return { ...state, receiving: () => receivingOf(thisTab()) }
}
