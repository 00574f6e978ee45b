import { fetchIce, fetchWebSeeds } from '../api/client.ts'
import { serverUrl } from '../api/server-url.ts'
import { AppError } from '../base/errors.ts'
import type { SwarmNetwork } from '../engine/engine.ts'
import { getEngine } from '../engine/index.ts'
import type { ConnectMode, IceConfig } from '../protocol/share.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { readConnectMode, stricter } from './connect-mode.ts'
import { hasRelay, iceServersOf, keepIceFresh } from './ice.ts'

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

/**
 * What a download of this share has, web seeds included. Errors: `insecure_context`, `webrtc_missing`, `relay_missing`,
 * `server_only`, `server_unreachable`.
 */
export async function downloadNetwork(infoHash: InfoHash): Promise<SwarmNetwork> {
  if (missingCapability() === 'insecure_context') throw new AppError('insecure_context')
  const [ice, webSeeds] = await Promise.all([fetchIce(), fetchWebSeeds(infoHash)])
  requireCapabilities(webSeeds)
  const mode = stricter(ice.connect, readConnectMode())
  const obstacle = obstacleTo(mode, ice)
  if (obstacle && webSeeds.length === 0) throw new AppError(obstacle)
  return { ...networkFrom(ice, mode), webSeeds, ...(obstacle && { webSeedUse: 'only' }) }
}

/**
 * The tracker of our server and the ICE servers its operator configured. Errors: `relay_missing`, `server_only`,
 * `server_unreachable`.
 */
export async function publishNetwork(): Promise<SwarmNetwork> {
  const ice = await fetchIce()
  const mode = stricter(ice.connect, readConnectMode())
  // Where the operator lets readers take from servers only, nobody but the server's own seeder meets a publisher.
  const obstacle = ice.connect === 'server' ? null : obstacleTo(mode, ice)
  if (obstacle) throw new AppError(obstacle)
  return networkFrom(ice, mode)
}

/** Why no peer can be met in this mode. */
function obstacleTo(mode: ConnectMode, ice: IceConfig): 'relay_missing' | 'server_only' | null {
  if (mode === 'server') return 'server_only'
  return mode === 'relay' && !hasRelay(iceServersOf(ice)) ? 'relay_missing' : null
}

function networkFrom(ice: IceConfig, mode: ConnectMode): SwarmNetwork {
  const tracker = new URL(serverUrl('/announce'), location.href)
  tracker.protocol = tracker.protocol === 'https:' ? 'wss:' : 'ws:'
  renewIce(ice)
  return {
    trackers: [tracker.href],
    iceServers: iceServersOf(ice),
    webSeeds: [],
    relayOnly: mode === 'relay',
  }
}

let stopRenewing: () => void = () => {}

/** The newest credentials are for all connections of this tab from now on. */
function renewIce(ice: IceConfig): void {
  stopRenewing()
  stopRenewing = keepIceFresh(ice, fetchIce, iceServers => void getEngine().setIceServers(iceServers))
}
