import type { WebSeedShare } from '../protocol/share-values.ts'

/** How much web seeds are used: not at all, as the operator says, or instead of peers. */
export type WebSeedUse = 'never' | WebSeedShare | 'only'

/** Where the swarm of a share is announced and how its peers are reached. */
export interface SwarmNetwork {
  /** WebSocket announce URLs (ws: or wss:). */
  readonly trackers: readonly string[]
  readonly iceServers: readonly RTCIceServer[]
  /** Addresses of peers, as in `Magnet`; Node clients call them over TCP. */
  readonly peers?: readonly string[]
  /** HTTP servers that have the same files (BEP 19); untrusted. */
  readonly webSeeds: readonly string[]
  /** Default: `first`. */
  readonly webSeedUse?: WebSeedUse
  /** Connect to peers through TURN only, so that they do not learn our address. Default: false. */
  readonly relayOnly?: boolean
  /** False: upload nothing, and tell peers of no pieces we have. Default: true. */
  readonly uploads?: boolean
}
