import { useSyncExternalStore } from 'react'
import { missingCapability } from '../network.ts'

const never = () => () => {}

/** What this browser lacks to take part in a swarm, as an error code; null while the server renders. */
export function useMissingCapability(): ReturnType<typeof missingCapability> {
  return useSyncExternalStore(never, missingCapability, () => null)
}
