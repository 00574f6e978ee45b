import type { ClientOptions } from '../../lib/engine/client.ts'

/** ICE servers for node-datachannel, which gets them inside a URL. */
export const iceServersForNode = (iceServers: readonly RTCIceServer[]): RTCIceServer[] =>
  iceServers.map(server => ({
    ...server,
    ...(server.username !== undefined && { username: encodeURIComponent(server.username) }),
    ...(server.credential !== undefined && { credential: encodeURIComponent(server.credential) }),
  }))

/** webtorrent's own limit does not count WebRTC peers; each takes some MiB of buffers. */
const PEERS_MAX = 100

interface Ports {
  /** TCP port for classic clients; 0 takes any free one. */
  readonly port: number
  readonly udpPorts: { readonly first: number; readonly last: number } | null
  readonly utp: boolean
  readonly dht: boolean
}

/** Engine options of Node clients: TCP in addition to WebRTC, and node-datachannel's own settings. */
export function nodeClientOptions({ dht, port, udpPorts, utp }: Ports): ClientOptions {
  return {
    // Loaded with the engine: it has native code.
    platform: async () => (await import('./node-platform.ts')).NODE_PLATFORM,
    torrentPort: port,
    utp,
    dht,
    maxPeers: PEERS_MAX,
    ...(udpPorts && {
      rtc: {
        portRangeBegin: udpPorts.first,
        portRangeEnd: udpPorts.last,
        enableIceUdpMux: udpPorts.first === udpPorts.last,
      },
    }),
  }
}
