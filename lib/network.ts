import { fetchIce } from './api-client.ts'
import type { SwarmNetwork } from './engine/engine.ts'
import { AppError } from './errors.ts'

/** What this browser lacks for hashing or connecting, or null. Errors as `AppError` codes. */
export function missingCapability(): 'insecure_context' | 'webrtc_missing' | null {
  if (!globalThis.isSecureContext || globalThis.crypto?.subtle === undefined) return 'insecure_context'
  if (typeof RTCPeerConnection === 'undefined') return 'webrtc_missing'
  return null
}

/** Throws the `AppError` that says why this browser cannot take part in a swarm. */
export function requireCapabilities(): void {
  const missing = missingCapability()
  if (missing) throw new AppError(missing)
}

/** The tracker of the page's own origin and the ICE servers its operator configured. */
export async function swarmNetwork(): Promise<SwarmNetwork> {
  const { iceServers } = await fetchIce()
  const tracker = new URL('/announce', location.href)
  tracker.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return {
    trackers: [tracker.href],
    iceServers: iceServers.map(({ urls, username, credential }) => ({
      urls,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    })),
  }
}
