import { isTrackerReply } from '../protocol/announce.ts'
import type { TrackerSocket } from './webtorrent.ts'

const RECONNECT_MAX_MS = 30_000

/** A STUN server that does not answer holds an offer back for so long, not for simple-peer's five seconds. */
const GATHER_MAX_MS = 1_000

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
    gatherBriefly(prototype)
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
        this.retries++
        this._openSocket()
        // Swarms share one socket. One that joins while another is still opening it is not told when it opens.
        const { socket } = this
        if (socket && !socket.connected) socket.once('connect', () => this._onSocketConnect())
      },
      limit * (0.5 + Math.random() / 2),
    )
  }
}

/** A message that is not as WebTorrent has it would end a Node process inside the stock code. */
function checkMessages(prototype: TrackerSocket): void {
  const take = prototype._onSocketData
  prototype._onSocketData = function (bytes) {
    if (isTrackerReply(bytes)) take.call(this, bytes)
  }
}

/** Node's WebRTC says that gathering is complete by its state only, which the stock code does not look at. */
function gatherBriefly(prototype: TrackerSocket): void {
  const create = prototype._createPeer
  prototype._createPeer = function (options) {
    const peer = create.call(this, { ...options, iceCompleteTimeout: GATHER_MAX_MS })
    const { _pc: connection } = peer
    connection?.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') peer._onIceCandidate({ candidate: null })
    })
    return peer
  }
}
