import { fetchIce, fetchWebSeeds } from './api-client.ts'
import type { SwarmNetwork } from './engine/engine.ts'
import { AppError } from './errors.ts'
import { serverUrl } from './server-url.ts'
import type { InfoHash } from './torrent/ids.ts'

/**
 * What this browser lacks for hashing or connecting, or null, as an `AppError` code. What `webSeeds` have can be
 * downloaded without WebRTC.
 */
export function missingCapability(
  webSeeds: readonly string[] = [],
): 'insecure_context' | 'webrtc_missing' | null {
  if (!globalThis.isSecureContext || globalThis.crypto?.subtle === undefined) return 'insecure_context'
  if (typeof RTCPeerConnection === 'undefined' && webSeeds.length === 0) return 'webrtc_missing'
  return null
}

/** Throws the `AppError` that says why this browser cannot take part in a swarm that has these web seeds. */
export function requireCapabilities(webSeeds: readonly string[] = []): void {
  const missing = missingCapability(webSeeds)
  if (missing) throw new AppError(missing)
}

/** What a download of this share has, web seeds included. Errors: `insecure_context`, `webrtc_missing`, `server_unreachable`. */
export async function downloadNetwork(infoHash: InfoHash): Promise<SwarmNetwork> {
  if (missingCapability() === 'insecure_context') throw new AppError('insecure_context')
  const [network, webSeeds] = await Promise.all([swarmNetwork(), fetchWebSeeds(infoHash)])
  requireCapabilities(webSeeds)
  return { ...network, webSeeds }
}

/** The tracker of our server and the ICE servers its operator configured. */
export async function swarmNetwork(): Promise<SwarmNetwork> {
  const { iceServers } = await fetchIce()
  const tracker = new URL(serverUrl('/announce'), location.href)
  tracker.protocol = tracker.protocol === 'https:' ? 'wss:' : 'ws:'
  return {
    trackers: [tracker.href],
    iceServers: iceServers.map(({ urls, username, credential }) => ({
      urls,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    })),
    webSeeds: [],
  }
}
