import { onSharedLimits, readSharedLimits } from '../storage/shared-limits.ts'
import { SwarmEngine } from './engine.ts'

let engine: SwarmEngine | undefined

/** The engine of this tab, with the limits this browser keeps for all shares. */
export function getEngine(): SwarmEngine {
  if (!engine) {
    const created = new SwarmEngine()
    engine = created
    created.setLimits(null, readSharedLimits())
    onSharedLimits(limits => created.setLimits(null, limits))
  }
  return engine
}
