import { useSyncExternalStore } from 'react'
import { getEngine } from '../engine/index.ts'
import type { EngineSnapshot, SwarmSnapshot } from '../engine/snapshot.ts'
import type { InfoHash } from '../torrent/ids.ts'

const subscribe = (listener: () => void) => getEngine().subscribe(listener)
const NO_SWARMS: EngineSnapshot = []

/** Every swarm of this tab, newest first; none while the server renders. */
export function useSwarms(): EngineSnapshot {
  return useSyncExternalStore(
    subscribe,
    () => getEngine().getSnapshot(),
    () => NO_SWARMS,
  )
}

/** What this tab does in the swarm of `infoHash`, or undefined when it takes no part. */
export function useSwarm(infoHash: InfoHash): SwarmSnapshot | undefined {
  return useSyncExternalStore(
    subscribe,
    () => getEngine().getSwarm(infoHash),
    () => undefined,
  )
}
