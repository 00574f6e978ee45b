import { useSyncExternalStore } from 'react'
import { thisTab } from '../../browser/this-tab.ts'
import type { EngineSnapshot, SwarmSnapshot } from '../../engine/view/snapshot.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const subscribe = (listener: () => void) => thisTab().session.subscribe(listener)
const NO_SWARMS: EngineSnapshot = []

/** Every swarm of this browser, those of this tab first; none while the server renders. */
export function useSwarms(): EngineSnapshot {
  return useSyncExternalStore(
    subscribe,
    () => thisTab().session.getSnapshot(),
    () => NO_SWARMS,
  )
}

/** The swarms that this tab runs. */
export function useOwnSwarms(): EngineSnapshot {
  return useSyncExternalStore(
    subscribe,
    () => thisTab().engine.getSnapshot(),
    () => NO_SWARMS,
  )
}

/** This browser's swarm of `infoHash`; undefined when it is not in it. */
export function useSwarm(infoHash: InfoHash): SwarmSnapshot | undefined {
  return useSyncExternalStore(
    subscribe,
    () => thisTab().session.getSwarm(infoHash),
    () => undefined,
  )
}

/** True when another tab of this browser runs the share. */
export function useElsewhere(infoHash: InfoHash): boolean {
  return useSyncExternalStore(
    subscribe,
    () => thisTab().session.isElsewhere(infoHash),
    () => false,
  )
}
