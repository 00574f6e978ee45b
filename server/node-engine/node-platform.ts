import { setSctpSettings } from 'node-datachannel'
import { RTCPeerConnection } from 'webrtc-polyfill'
import WebSocket, { type ClientOptions } from 'ws'
import type { Platform } from '../../lib/engine/client.ts'
import { openClassicTracker } from './classic-tracker.ts'
import { socketAgent } from './socket-agent.ts'

/** A tracker's messages have 64 KiB; longer ones are dropped, up to this length without closing the socket. */
const MESSAGE_MAX_BYTES = 4 * 1024 * 1024

/** A server that does not answer the end of a WebSocket keeps the process no longer than this. */
const CLOSE_MAX_MS = 1_000

const OPTIONS: ClientOptions & { readonly closeTimeout: number } = {
  agent: socketAgent(),
  closeTimeout: CLOSE_MAX_MS,
  maxPayload: MESSAGE_MAX_BYTES,
}

/**
 * What one connection holds of what it was handed, sent or not, before `bufferedAmount` counts it. With the 1 MiB that it comes with, everything asked for over a
 * long line seems to have been sent, and further connections to the peer stay empty. It also bounds what one connection alone moves: 5 MB/s at 50 ms.
 */
const SEND_BUFFER_BYTES = 256 * 1024

setSctpSettings({ sendBufferSize: SEND_BUFFER_BYTES })

/**
 * WebRTC of Node. It puts user name and password of a TURN server into a URL as they are, where a colon ends either; those that
 * are made from a secret have one (`<expiry>:<user>`).
 */
class NodeConnection extends RTCPeerConnection {
  constructor({ iceServers = [], ...rest }: RTCConfiguration = {}) {
    super({ ...rest, iceServers: iceServers.map(encodeCredentials) })
  }
}

const encodeCredentials = ({ credential, username, ...server }: RTCIceServer): RTCIceServer =>
  username === undefined || credential === undefined
    ? server
    : { ...server, username: encodeURIComponent(username), credential: encodeURIComponent(credential) }

/** What the engine needs of Node, where the browser would have it. */
export const NODE_PLATFORM: Platform = {
  RTCPeerConnection: NodeConnection as unknown as typeof globalThis.RTCPeerConnection,
  openSocket: url => new WebSocket(url, OPTIONS) as unknown as globalThis.WebSocket,
  openClassicTracker,
}
