import { onSharedLimits, readSharedLimits } from '../browser/records/shared-limits.ts'
import { SwarmEngine } from './engine.ts'

/** `listener` hears when this tab is looked at again, after sleep too, and when the computer is in another network. */
function onWake(listener: (networkChanged: boolean) => void): void {
  window.addEventListener('online', () => listener(true))
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') listener(false)
  })
}

let engine: SwarmEngine | undefined

/** The engine of this tab, with the limits this browser keeps for all shares. */
export function getEngine(): SwarmEngine {
  if (!engine) {
    const created = new SwarmEngine()
    engine = created
    created.setLimits(null, readSharedLimits())
    onSharedLimits(limits => created.setLimits(null, limits))
    onWake(networkChanged => created.wake(networkChanged))
  }
  return engine
}
