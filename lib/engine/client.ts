import type { LaneBudget } from './connect/lanes/lane-budget.ts'
import type { OpenClassicTracker } from './connect/trackers/swarm-trackers.ts'
import type { TrackerFault } from './connect/trackers/tracker-fault.ts'
import type { OpenSocket, TrackerSockets } from './connect/trackers/tracker-socket.ts'
import type { WebTorrent } from './webtorrent-types.ts'

/** What a client has from the machine it runs on. */
export interface Platform {
  /** Undefined in a browser without WebRTC. */
  readonly RTCPeerConnection: typeof RTCPeerConnection | undefined
  readonly openSocket: OpenSocket
  /** Null in a browser, which reaches trackers on WebSockets only. */
  readonly openClassicTracker: OpenClassicTracker | null
}

/** Options that only Node clients support. */
export interface ClientOptions {
  /** Default: the browser. */
  readonly platform?: () => Promise<Platform>
  /** TCP port for classic clients; 0 takes any free one. */
  readonly torrentPort?: number
  /** uTP in addition to TCP. Its native module is known to crash with many peers. */
  readonly utp?: boolean
  /** Find peers of public shares by DHT and peer exchange, which contact outside hosts. */
  readonly dht?: boolean
  /** Settings of Node's WebRTC (port range, one UDP port) that browsers do not have. */
  readonly rtc?: Readonly<Record<string, unknown>>
  /** Most peers of one swarm, including WebRTC peers, which webtorrent's own limit ignores. */
  readonly maxPeers?: number
  /** Round trip to a peer, in milliseconds, from which on it may have further connections; default 10. */
  readonly laneRoundTripMs?: number
  /** Called whenever a tracker of any swarm fails or answers. */
  readonly onTrackerFault?: ((fault: TrackerFault) => void) | undefined
}

/** What all swarms of an engine share. */
export interface Client {
  readonly webtorrent: WebTorrent
  readonly RTCPeerConnection: typeof RTCPeerConnection
  /** Of the next connections; changed in place when TURN credentials are renewed. */
  readonly rtcConfig: RTCConfiguration
  readonly sockets: TrackerSockets
  readonly openClassicTracker: OpenClassicTracker | null
  readonly laneBudget: LaneBudget
  readonly onTrackerFault: (fault: TrackerFault) => void
}
