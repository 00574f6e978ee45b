import { SwarmEngine } from './engine.ts'

let engine: SwarmEngine | undefined

/** The engine of this tab. */
export function getEngine(): SwarmEngine {
  engine ??= new SwarmEngine()
  return engine
}
