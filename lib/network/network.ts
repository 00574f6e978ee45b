import { fetchIce, fetchWebSeeds } from '../api/client.ts'
import { serverUrl } from '../api/server-url.ts'
import { AppError } from '../base/errors.ts'
import { webSocketUrl } from '../base/web-socket-url.ts'
import type { IceConfig } from '../protocol/share.ts'
import type { ConnectMode } from '../protocol/share-values.ts'
import type { InfoHash } from '../torrent/ids.ts'
import { readConnectMode, stricter } from './connect-mode.ts'
import { hasRelay, iceServersOf, keepIceFresh } from './ice.ts'
import type { SwarmNetwork } from './swarm-network.ts'

/**
 * What this browser lacks for hashing or connecting, as an `AppError` code; null when it lacks nothing. A share with
 * `webSeeds` can be downloaded without WebRTC.
 */
export function missingCapability(
  webSeeds: readonly string[] = [],
): 'insecure_context' | 'webrtc_missing' | null {
  if (!globalThis.isSecureContext || globalThis.crypto?.subtle === undefined) return 'insecure_context'
  if (typeof RTCPeerConnection === 'undefined' && webSeeds.length === 0) return 'webrtc_missing'
  return null
}

/**
 * Checks that this browser can take part in a swarm with these web seeds. Errors: `insecure_context`, `webrtc_missing`.
 */
export function requireCapabilities(webSeeds: readonly string[] = []): void {
  const missing = missingCapability(webSeeds)
  if (missing) throw new AppError(missing)
}

/** What takes renewed ICE servers: the engine of this browser. */
interface IceTarget {
  setIceServers(iceServers: readonly RTCIceServer[]): Promise<void>
}

/** What our server says about a download: ICE servers and its connect mode, and web seeds of the share. */
export interface ServerAnswers {
  readonly ice: IceConfig
  readonly webSeeds: readonly string[]
}

/** Ask our server what a download needs. Errors: `server_unreachable`. */
export async function askServer(infoHash: InfoHash): Promise<ServerAnswers> {
  const [ice, webSeeds] = await Promise.all([fetchIce(infoHash), fetchWebSeeds(infoHash)])
  return { ice, webSeeds }
}

/** How this browser connects to swarms: through the tracker and ICE servers of our server, renewed as long as it runs. */
export class Network {
  readonly #target: IceTarget
  #stopRenewing: () => void = () => {}

  /** Renewed TURN credentials go to `target`. */
  constructor(target: IceTarget) {
    this.#target = target
  }

  /**
   * For a download of this share, web seeds included: in relay mode only this server's. `answers` where they are here already.
   * Errors: `insecure_context`, `webrtc_missing`, `relay_missing`, `server_only`, `server_unreachable`.
   */
  async forDownload(infoHash: InfoHash, answers?: ServerAnswers): Promise<SwarmNetwork> {
    if (missingCapability() === 'insecure_context') throw new AppError('insecure_context')
    const { ice, webSeeds: named } = answers ?? (await askServer(infoHash))
    const mode = stricter(ice.connect, readConnectMode())
    // Publishers name mirrors of their own, which would see the address that the relay hides from peers.
    const webSeeds = mode === 'relay' ? named.filter(isOurs) : named
    requireCapabilities(webSeeds)
    const obstacle = obstacleTo(mode, ice)
    if (obstacle && webSeeds.length === 0) throw new AppError(obstacle)
    return { ...this.#from(ice, mode, infoHash), webSeeds, webSeedUse: obstacle ? 'only' : ice.webSeedUse }
  }

  /** For a share that this browser publishes. Errors: `relay_missing`, `server_only`, `server_unreachable`. */
  async forPublication(): Promise<SwarmNetwork> {
    const ice = await fetchIce()
    const mode = stricter(ice.connect, readConnectMode())
    // With `server` as the operator's mode, readers download from web seeds only: a publisher meets just the server's seeder.
    const obstacle = ice.connect === 'server' ? null : obstacleTo(mode, ice)
    if (obstacle) throw new AppError(obstacle)
    return this.#from(ice, mode)
  }

  /** Ends the renewal of credentials. */
  close(): void {
    this.#stopRenewing()
  }

  #from(ice: IceConfig, mode: ConnectMode, infoHash?: InfoHash): SwarmNetwork {
    // All connections of an engine use the newest credentials, so the latest renewal is enough.
    this.#stopRenewing()
    const renew = () => fetchIce(infoHash)
    this.#stopRenewing = keepIceFresh(ice, renew, servers => void this.#target.setIceServers(servers))
    return {
      trackers: [webSocketUrl(new URL(serverUrl('/announce'), location.href).href)],
      iceServers: iceServersOf(ice),
      webSeeds: [],
      relayOnly: mode === 'relay',
    }
  }
}

/** Whether our server, and no other, answers at this URL. */
const isOurs = (url: string): boolean =>
  URL.canParse(url) && new URL(url).origin === new URL(serverUrl('/'), location.href).origin

/** Why no peer can be met in this mode; null when nothing prevents it. */
function obstacleTo(mode: ConnectMode, ice: IceConfig): 'relay_missing' | 'server_only' | null {
  if (mode === 'server') return 'server_only'
  return mode === 'relay' && !hasRelay(iceServersOf(ice)) ? 'relay_missing' : null
}
