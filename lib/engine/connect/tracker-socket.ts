import { hasRelay } from '../../network/ice.ts'
import { isTrackerReply } from '../../protocol/announce.ts'
import type { TrackerClient, TrackerSocket } from '../webtorrent.ts'
import type { Redial } from './peer-retry.ts'

/** Leaves time to connect within half a minute of the tracker's return. */
const RECONNECT_MAX_MS = 20_000

/** An announce that is not answered means that the socket leads nowhere any more. */
const ANSWER_MAX_MS = 6_000

/** A STUN server that does not answer holds an offer back for so long, not for simple-peer's five seconds. */
const GATHER_MAX_MS = 1_000
/** Once there is one candidate of each type. */
const GATHER_MORE_MS = 100
/** After a failure, for the sake of a TURN server that is far away. */
const GATHER_PATIENTLY_MAX_MS = 3_000
/** Without any candidate, as when only relays count and none answers. */
const GATHER_NOTHING_MAX_MS = 4_000

/** Whoever answers lets the other side check the connection first for so long. */
const OFFERER_FIRST_MS = 200

const improved = new WeakSet<object>()

/** Who of each swarm could not be reached, which decides how the next are called. */
const redials = new WeakMap<TrackerClient, Redial>()

/**
 * Make bittorrent-tracker's WebSocket client come back sooner, offer sooner, and survive what a tracker says. It is its
 * prototype that changes, so that it holds for the first message of every later swarm too.
 */
export function improveTrackers(client: TrackerClient, redial: Redial): void {
  redials.set(client, redial)
  for (const tracker of client._trackers) {
    const prototype: TrackerSocket = Object.getPrototypeOf(tracker)
    if (!isWebSocket(tracker) || improved.has(prototype)) continue
    improved.add(prototype)
    reconnectInSeconds(prototype)
    checkMessages(prototype)
    expectAnswers(prototype)
    connectSurely(prototype)
  }
}

const isWebSocket = (tracker: TrackerSocket): boolean => '_onSocketData' in tracker

/** Send new offers out over every socket that is open; the others do so by themselves when they are. */
export function announceAgain(client: TrackerClient): void {
  for (const tracker of client._trackers) {
    if (isWebSocket(tracker) && tracker.socket?.connected) tracker.announce(client._defaultAnnounceOpts())
  }
}

/** The network may be another one: dial lost trackers now, and ask the others for a sign of life, or for peers too, which tells them our address. */
export function wakeTrackers(client: TrackerClient, wantsPeers: boolean): void {
  for (const tracker of client._trackers) {
    if (client.destroyed) continue
    if (!isWebSocket(tracker)) {
      if (wantsPeers) tracker.announce(client._defaultAnnounceOpts())
    } else if (tracker.reconnecting) {
      tracker.retries = 0
      dial(tracker)
    } else if (tracker.socket?.connected) {
      const options = client._defaultAnnounceOpts()
      tracker.announce(wantsPeers ? options : { ...options, numwant: 0 })
    }
  }
}

/**
 * The stock client dials a lost tracker again after 10 s to 5 min, and until then nobody new finds us. Ours comes back
 * within 20 s: at first after about a second, then doubling, with jitter so that a restarted server is not met by
 * everybody at once.
 */
function reconnectInSeconds(prototype: TrackerSocket): void {
  prototype._startReconnectTimer = function () {
    this.reconnecting = true
    if (this.reconnectTimer) clearTimeout(this.reconnectTimer)
    const limit = Math.min(RECONNECT_MAX_MS, 1000 * 2 ** this.retries)
    this.reconnectTimer = setTimeout(() => dial(this), limit * (0.5 + Math.random() / 2))
    // Nor does it keep a process alive that has nothing else to do.
    if (typeof this.reconnectTimer === 'object') this.reconnectTimer.unref()
  }
}

function dial(tracker: TrackerSocket): void {
  if (tracker.reconnectTimer) clearTimeout(tracker.reconnectTimer)
  tracker.reconnectTimer = null
  // It was left while the tracker was away, which the stock code forgets; or it is being dialled already.
  if (tracker.client.destroyed || !tracker.destroyed) return
  tracker.retries++
  tracker._openSocket()
  // Swarms share one socket. One that joins while another is still opening it is not told when it opens.
  const { socket } = tracker
  if (!socket || socket.connected) return
  socket.once('connect', () => tracker._onSocketConnect())
  const limit = setTimeout(() => {
    if (tracker.socket === socket && !socket.connected) socket.destroy()
  }, ANSWER_MAX_MS)
  if (typeof limit === 'object') limit.unref()
}

/** A socket whose path is gone (another network, a router that forgot it) stays open for minutes and brings nobody. */
function expectAnswers(prototype: TrackerSocket): void {
  const limits = new WeakMap<TrackerSocket, ReturnType<typeof setTimeout>>()
  const settle = (tracker: TrackerSocket) => {
    clearTimeout(limits.get(tracker))
    limits.delete(tracker)
  }
  const send = prototype._send
  prototype._send = function (message) {
    send.call(this, message)
    if (!('numwant' in message) || message.event === 'stopped' || limits.has(this)) return
    const { socket } = this
    const limit = setTimeout(() => {
      limits.delete(this)
      if (this.socket === socket) socket?.destroy()
    }, ANSWER_MAX_MS)
    if (typeof limit === 'object') limit.unref()
    limits.set(this, limit)
  }
  const take = prototype._onSocketData
  prototype._onSocketData = function (bytes) {
    settle(this)
    take.call(this, bytes)
  }
}

/** A message that is not as WebTorrent has it would end a Node process inside the stock code. */
function checkMessages(prototype: TrackerSocket): void {
  const take = prototype._onSocketData
  prototype._onSocketData = function (bytes) {
    if (isTrackerReply(bytes)) take.call(this, bytes)
  }
}

/** Offers that do not wait for what does not come, and go through a relay where nothing else helped. */
function connectSurely(prototype: TrackerSocket): void {
  const create = prototype._createPeer
  prototype._createPeer = function (options) {
    const redial = redials.get(this.client)
    const { _rtcConfig: config } = this.client
    const byRelay = redial?.byRelay && hasRelay(config.iceServers ?? [])
    const used: RTCConfiguration = byRelay ? { ...config, iceTransportPolicy: 'relay' } : config
    const peer = create.call(this, {
      ...options,
      config: used,
      iceCompleteTimeout: redial?.patient ? GATHER_PATIENTLY_MAX_MS : GATHER_MAX_MS,
    })
    const endGathering = () => peer._onIceCandidate({ candidate: null })
    const limit = setTimeout(endGathering, GATHER_NOTHING_MAX_MS)
    if (typeof limit === 'object') limit.unref()
    // Node's WebRTC says that gathering is complete by its state only.
    const { _pc: connection } = peer
    connection?.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') endGathering()
    })
    if (connection) whenSufficient(connection, used, () => setTimeout(endGathering, GATHER_MORE_MS))
    addCandidatesLast(peer)
    return peer
  }
}

/** Calls `then` once there is a candidate of each type that the ICE servers are for: others of the same add little. */
function whenSufficient(connection: RTCPeerConnection, config: RTCConfiguration, then: () => void): void {
  const { iceServers = [], iceTransportPolicy } = config
  if (iceServers.length === 0) return
  const lacking = new Set<string>(iceTransportPolicy === 'relay' ? ['relay'] : ['srflx'])
  if (hasRelay(iceServers)) lacking.add('relay')
  connection.addEventListener('icecandidate', ({ candidate }) => {
    const type = / typ (\w+)/.exec(candidate?.candidate ?? '')?.[1]
    if (type !== undefined && lacking.delete(type) && lacking.size === 0) then()
  })
}

/**
 * Between near machines, Node's WebRTC can be connected before the call that gives it the other side's description has
 * kept the certificate to expect; it then refuses that certificate, and the two do not meet until the next announce. So
 * candidates come after their description, and whoever answers does not call before it was called.
 */
function addCandidatesLast(peer: ReturnType<TrackerSocket['_createPeer']>): void {
  const signal = peer.signal.bind(peer)
  peer.signal = message => {
    if ('candidate' in message) return signal(message)
    const { sdp, type } = message
    const lines = sdp.split('\r\n')
    signal({ type, sdp: lines.filter(line => !/^a=(candidate:|end-of-candidates)/.test(line)).join('\r\n') })
    const addCandidates = () => {
      for (const line of lines) {
        if (peer.destroyed) return
        if (line.startsWith('a=candidate:'))
          signal({ candidate: { candidate: line.slice(2), sdpMLineIndex: 0 } })
      }
    }
    if (type === 'offer') setTimeout(addCandidates, OFFERER_FIRST_MS)
    else addCandidates()
  }
}
