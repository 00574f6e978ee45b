import { backOffMs } from '../../base/back-off.ts'
import { debug } from '../../base/debug.ts'
import { setBackgroundTimeout } from '../../base/timer.ts'
import { hasRelay } from '../../network/ice.ts'
import { isTrackerReply } from '../../protocol/announce.ts'
import type { TrackerClient, TrackerPeer, TrackerSocket } from '../webtorrent-types.ts'
import { announceBeforeOffers, makeEarlyOffers } from './offers.ts'
import type { PeerRetry } from './peer-retry.ts'
import { nameFaults, type TrackerFault } from './tracker-faults.ts'

const log = debug('engine:tracker')

/** Peers can be connected again within half a minute after the tracker is back. */
const RECONNECT_LIMITS = { firstMs: 1_000, maxMs: 20_000 }

/** An announce without an answer for this long means that the socket is dead. */
const ANSWER_MAX_MS = 6_000

/** Longest wait for ICE candidates of servers that do not answer; simple-peer waits five seconds. */
const GATHER_MAX_MS = 1_000
/** Further wait once there is a candidate of each type; without servers to ask, all of them come together. */
const GATHER_MORE_MS = 100
const GATHER_MORE_HOSTS_MS = 20
/** Longest wait after a failed connection: a TURN server may be far away. */
const GATHER_AFTER_FAILURE_MAX_MS = 3_000
/** Longest wait while there is no candidate at all, as with relay only when no TURN server answers. */
const GATHER_NOTHING_MAX_MS = 4_000

/** The answering side gives the offering side this long to check candidate pairs first. */
const OFFERER_FIRST_MS = 200

const patched = new WeakSet<object>()

/** The failed connections of each swarm, which decide how the next ones are set up. */
const retries = new WeakMap<TrackerClient, PeerRetry>()

/**
 * Patch bittorrent-tracker's WebSocket client to reconnect sooner, make offers sooner, and survive malformed replies; offers come after the announce. The
 * prototype is patched, so that the patches also apply to the first message of every later swarm.
 */
export function patchTrackers(
  client: TrackerClient,
  retry: PeerRetry,
  onFault: ((fault: TrackerFault) => void) | undefined,
): void {
  if (onFault) nameFaults(client, onFault)
  for (const tracker of client._trackers) {
    retries.set(tracker.client, retry)
    const prototype: TrackerSocket = Object.getPrototypeOf(tracker)
    if (!isWebSocket(tracker)) continue
    if (!patched.has(prototype)) patch(prototype)
    // All swarms of a client listen to the one of their tracker.
    tracker.socket?.setMaxListeners(0)
    makeEarlyOffers(tracker)
  }
}

function patch(prototype: TrackerSocket): void {
  patched.add(prototype)
  reconnectInSeconds(prototype)
  checkMessages(prototype)
  expectAnswers(prototype)
  gatherQuickly(prototype)
  announceBeforeOffers(prototype)
}

const isWebSocket = (tracker: TrackerSocket): boolean => '_onSocketData' in tracker

/** A connection to a peer that was found without the tracker; null without a tracker on a WebSocket. */
export function createPeer(client: TrackerClient, side: { readonly initiator: boolean }): TrackerPeer | null {
  return client._trackers.find(isWebSocket)?._createPeer(side) ?? null
}

/** Announce with new offers over every open socket; the others announce by themselves once they are open. */
export function announceAgain(client: TrackerClient): void {
  for (const tracker of client._trackers) {
    if (isWebSocket(tracker) && tracker.socket?.connected) tracker.announce(client._defaultAnnounceOpts())
  }
}

/**
 * Call when the network may have changed: dials lost trackers now and announces to the others, whose missing answer would
 * show that the socket is dead. `findPeers` also asks for peers, with offers that carry our current addresses.
 */
export function wakeTrackers(client: TrackerClient, { findPeers }: { readonly findPeers: boolean }): void {
  for (const tracker of client._trackers) {
    if (client.destroyed) continue
    if (!isWebSocket(tracker)) {
      if (findPeers) tracker.announce(client._defaultAnnounceOpts())
    } else if (tracker.reconnecting) {
      tracker.retries = 0
      dial(tracker)
    } else if (tracker.socket?.connected) {
      const options = client._defaultAnnounceOpts()
      tracker.announce(findPeers ? options : { ...options, numwant: 0 })
    }
  }
}

/**
 * The stock client reconnects to a lost tracker after 10 s to 5 min, and until then no new peer finds us. Ours reconnects
 * within 20 s: first after about a second, then doubling, with jitter so that the clients of a restarted server do not
 * all return at once.
 */
function reconnectInSeconds(prototype: TrackerSocket): void {
  prototype._startReconnectTimer = function () {
    this.reconnecting = true
    if (this.reconnectTimer) clearTimeout(this.reconnectTimer)
    const delayMs = backOffMs(this.retries, RECONNECT_LIMITS)
    log('lost', { tracker: this.announceUrl, failures: this.retries, againInMs: Math.round(delayMs) })
    this.reconnectTimer = setBackgroundTimeout(() => dial(this), delayMs)
  }
}

function dial(tracker: TrackerSocket): void {
  if (tracker.reconnectTimer) clearTimeout(tracker.reconnectTimer)
  tracker.reconnectTimer = null
  // The swarm was left while the tracker was away, which the stock code does not check; or a socket is opening already.
  if (tracker.client.destroyed || !tracker.destroyed) return
  log('reconnecting', { tracker: tracker.announceUrl, attempt: tracker.retries + 1 })
  tracker.retries++
  tracker._openSocket()
  tracker.socket?.setMaxListeners(0)
  // Swarms share one socket, and the stock code tells only the swarm that opened it when it is open.
  const { socket } = tracker
  if (!socket || socket.connected) return
  socket.once('connect', () => tracker._onSocketConnect())
  setBackgroundTimeout(() => {
    if (tracker.socket === socket && !socket.connected) socket.destroy()
  }, ANSWER_MAX_MS)
}

/** A socket whose path is gone (another network, an expired NAT mapping) stays open for minutes and brings no peers. */
function expectAnswers(prototype: TrackerSocket): void {
  const limits = new WeakMap<TrackerSocket, ReturnType<typeof setTimeout>>()
  const settle = (tracker: TrackerSocket) => {
    clearTimeout(limits.get(tracker))
    limits.delete(tracker)
  }
  const send = prototype._send
  prototype._send = function (message) {
    send.call(this, message)
    if (!('numwant' in message)) return
    log('announce', { tracker: this.announceUrl, event: message.event ?? 'update', numwant: message.numwant })
    if (message.event === 'stopped' || limits.has(this)) return
    const { socket } = this
    const limit = setBackgroundTimeout(() => {
      limits.delete(this)
      if (this.socket !== socket) return
      log('no answer: closing the socket', { tracker: this.announceUrl })
      socket?.destroy()
    }, ANSWER_MAX_MS)
    limits.set(this, limit)
  }
  const take = prototype._onSocketData
  prototype._onSocketData = function (bytes) {
    settle(this)
    take.call(this, bytes)
  }
}

/** A malformed message would throw inside the stock code and end a Node process. */
function checkMessages(prototype: TrackerSocket): void {
  const take = prototype._onSocketData
  prototype._onSocketData = function (bytes) {
    if (isTrackerReply(bytes)) take.call(this, bytes)
    else log('malformed message dropped', { tracker: this.announceUrl, bytes: bytes.length })
  }
}

/** Offers and answers do not wait for candidates that never come, and use a relay after repeated failures. */
function gatherQuickly(prototype: TrackerSocket): void {
  const create = prototype._createPeer
  prototype._createPeer = function (options) {
    const retry = retries.get(this.client)
    const { _rtcConfig: config } = this.client
    const byRelay = retry?.byRelay && hasRelay(config.iceServers ?? [])
    const used: RTCConfiguration = byRelay ? { ...config, iceTransportPolicy: 'relay' } : config
    const peer = create.call(this, {
      ...options,
      config: used,
      iceCompleteTimeout: retry?.hasFailures ? GATHER_AFTER_FAILURE_MAX_MS : GATHER_MAX_MS,
    })
    const endGathering = () => peer._onIceCandidate({ candidate: null })
    setBackgroundTimeout(endGathering, GATHER_NOTHING_MAX_MS)
    // Node's WebRTC reports the end of gathering by its state only, not by a null candidate.
    const { _pc: connection } = peer
    connection?.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') endGathering()
    })
    if (connection) {
      const moreMs = used.iceServers?.length ? GATHER_MORE_MS : GATHER_MORE_HOSTS_MS
      whenSufficient(connection, used, () => setTimeout(endGathering, moreMs))
    }
    addCandidatesLast(peer)
    return peer
  }
}

/** Calls `then` once there is a candidate of each type that the ICE servers provide: more of the same type add little. */
function whenSufficient(connection: RTCPeerConnection, config: RTCConfiguration, then: () => void): void {
  const { iceServers = [], iceTransportPolicy } = config
  const first = iceServers.length === 0 ? 'host' : 'srflx'
  const missing = new Set<string>(iceTransportPolicy === 'relay' ? ['relay'] : [first])
  if (hasRelay(iceServers)) missing.add('relay')
  connection.addEventListener('icecandidate', ({ candidate }) => {
    const type = / typ (\w+)/.exec(candidate?.candidate ?? '')?.[1]
    if (type !== undefined && missing.delete(type) && missing.size === 0) then()
  })
}

/**
 * On a fast network, Node's WebRTC can be connected before the call that sets the remote description has stored the
 * expected certificate fingerprint; it then rejects the certificate, and the two peers do not connect until the next
 * announce. So candidates are added after their description, and the answering side starts its checks later.
 */
function addCandidatesLast(peer: ReturnType<TrackerSocket['_createPeer']>): void {
  const take = peer.signal.bind(peer)
  // A description comes from a stranger, and may come for a connection that has ended: neither may throw into our socket.
  const signal: typeof take = message => {
    if (peer.destroyed) return
    try {
      take(message)
    } catch (reason) {
      log('signal refused', { reason })
      peer.destroy()
    }
  }
  peer.signal = message => {
    if ('candidate' in message) return signal(message)
    const { sdp, type } = message
    const lines = sdp.split('\r\n')
    signal({ type, sdp: lines.filter(line => !/^a=(candidate:|end-of-candidates)/.test(line)).join('\r\n') })
    const addCandidates = () => {
      for (const line of lines) {
        if (line.startsWith('a=candidate:'))
          signal({ candidate: { candidate: line.slice(2), sdpMLineIndex: 0 } })
      }
    }
    if (type === 'offer') setTimeout(addCandidates, OFFERER_FIRST_MS)
    else addCandidates()
  }
}
