import { useSyncExternalStore } from 'react'
import { getSession } from '../../browser/session/session.ts'
import { getEngine } from '../../engine/index.ts'
import type { EngineSnapshot, SwarmSnapshot } from '../../engine/view/snapshot.ts'
import type { InfoHash } from '../../torrent/ids.ts'

const subscribe = (listener: () => void) => getSession().subscribe(listener)
const NO_SWARMS: EngineSnapshot = []

/** Every swarm of this browser, those of this tab first; none while the server renders. */
export function useSwarms(): EngineSnapshot {
  return useSyncExternalStore(
    subscribe,
    () => getSession().getSnapshot(),
    () => NO_SWARMS,
  )
}

/** The swarms that this tab runs. */
export function useOwnSwarms(): EngineSnapshot {
  return useSyncExternalStore(
    subscribe,
    () => getEngine().getSnapshot(),
    () => NO_SWARMS,
  )
}

/** What this browser does in the swarm of `infoHash`, or undefined when it takes no part. */
export function useSwarm(infoHash: InfoHash): SwarmSnapshot | undefined {
  return useSyncExternalStore(
    subscribe,
    () => getSession().getSwarm(infoHash),
    () => undefined,
  )
}

/** True when another tab of this browser runs the share. */
export function useElsewhere(infoHash: InfoHash): boolean {
  return useSyncExternalStore(
    subscribe,
    () => getSession().isElsewhere(infoHash),
    () => false,
  )
}
