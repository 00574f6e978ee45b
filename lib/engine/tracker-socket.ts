import { isTrackerReply } from '../protocol/announce.ts'
import type { TrackerSocket } from './webtorrent.ts'

const RECONNECT_MAX_MS = 30_000

/** A STUN server that does not answer holds an offer back for so long, not for simple-peer's five seconds. */
const GATHER_MAX_MS = 1_000

/** Whoever answers lets the other side check the connection first for so long. */
const OFFERER_FIRST_MS = 200

const improved = new WeakSet<object>()

/**
 * Make bittorrent-tracker's WebSocket client come back sooner, offer sooner, and survive what a tracker says. It is its
 * prototype that changes, so that it holds for the first message of every later swarm too.
 */
export function improveTrackers(trackers: readonly TrackerSocket[]): void {
  for (const tracker of trackers) {
    const prototype: TrackerSocket = Object.getPrototypeOf(tracker)
    if (!('_onSocketData' in prototype) || improved.has(prototype)) continue
    improved.add(prototype)
    reconnectInSeconds(prototype)
    checkMessages(prototype)
    connectSurely(prototype)
  }
}

/**
 * The stock client dials a lost tracker again after 10 s to 5 min, and until then nobody new finds us. Ours comes back
 * within 30 s: at first after about a second, then doubling, with jitter so that a restarted server is not met by
 * everybody at once.
 */
function reconnectInSeconds(prototype: TrackerSocket): void {
  prototype._startReconnectTimer = function () {
    this.reconnecting = true
    if (this.reconnectTimer) clearTimeout(this.reconnectTimer)
    const limit = Math.min(RECONNECT_MAX_MS, 1000 * 2 ** this.retries)
    this.reconnectTimer = setTimeout(
      () => {
        // It was left while the tracker was away, which the stock code forgets.
        if (this.client.destroyed) return
        this.retries++
        this._openSocket()
        // Swarms share one socket. One that joins while another is still opening it is not told when it opens.
        const { socket } = this
        if (socket && !socket.connected) socket.once('connect', () => this._onSocketConnect())
      },
      limit * (0.5 + Math.random() / 2),
    )
    // Nor does it keep a process alive that has nothing else to do.
    if (typeof this.reconnectTimer === 'object') this.reconnectTimer.unref()
  }
}

/** A message that is not as WebTorrent has it would end a Node process inside the stock code. */
function checkMessages(prototype: TrackerSocket): void {
  const take = prototype._onSocketData
  prototype._onSocketData = function (bytes) {
    if (isTrackerReply(bytes)) take.call(this, bytes)
  }
}

/** What the stock code does not know of Node's WebRTC. */
function connectSurely(prototype: TrackerSocket): void {
  const create = prototype._createPeer
  prototype._createPeer = function (options) {
    const peer = create.call(this, { ...options, iceCompleteTimeout: GATHER_MAX_MS })
    // It says that gathering is complete by its state only.
    const { _pc: connection } = peer
    connection?.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') peer._onIceCandidate({ candidate: null })
    })
    addCandidatesLast(peer)
    return peer
  }
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
