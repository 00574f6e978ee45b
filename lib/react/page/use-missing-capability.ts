import { useSyncExternalStore } from 'react'
import { missingCapability } from '../../network/network.ts'

const never = () => () => {}

const NO_WEB_SEEDS: readonly string[] = []

/** Whether this browser has no WebRTC: what it gets comes from servers, and it gives nothing. False while the server renders. */
export const useIsServerOnly = (): boolean => useMissingCapability() === 'webrtc_missing'

/**
 * What this browser lacks to take part in a swarm with these web seeds, as an error code; null while the server renders.
 */
export function useMissingCapability(webSeeds = NO_WEB_SEEDS): ReturnType<typeof missingCapability> {
  return useSyncExternalStore(
    never,
    () => missingCapability(webSeeds),
    () => null,
  )
}
