import type { TrackerPeer, TrackerReply, TrackerSocket } from '../webtorrent-types.ts'

/** Most offers of one announce; the tracker relays no more. */
const OFFERS_MAX = 5

/** An offer without an answer for this long is withdrawn, as in the stock client. */
const OFFER_MAX_MS = 50_000

/** A swarm that was announced, and what the tracker is asked once it has said who is there. */
interface Asked {
  readonly numwant: number
  readonly left: unknown
}

const asked = new WeakMap<TrackerSocket, Asked>()

/** The socket over which the tracker has last confirmed a swarm's announce. */
const confirmed = new WeakMap<TrackerSocket, TrackerSocket['socket']>()

/** Whether the tracker has confirmed an announce of this swarm over the socket that is open now. */
export const isAnnounced = (tracker: TrackerSocket): boolean =>
  tracker.socket !== null && confirmed.get(tracker) === tracker.socket

/**
 * Announces at once, and sends offers only when the answer says that somebody is there to take them. The stock client makes
 * five offers before each announce: a browser has 500 connections, and a swarm whose offers cannot be made is never announced.
 */
export function announceBeforeOffers(prototype: TrackerSocket): void {
  const announce = prototype.announce
  prototype.announce = function (options) {
    const { event, left, numwant = 0 } = options
    const isOpen = !this.destroyed && !this.reconnecting && this.socket?.connected
    if (!isOpen || event === 'stopped' || event === 'completed') {
      announce.call(this, options)
      return
    }
    asked.set(this, { numwant, left })
    // Without offers to make, the stock client sends it at once.
    announce.call(this, { ...options, numwant: 0 })
  }

  const take = prototype._onAnnounceResponse
  prototype._onAnnounceResponse = function (reply) {
    const isCount = reply.info_hash === this.client._infoHashBinary && !reply.offer && !reply.answer
    const isConfirmed = isCount && !this.destroyed && reply['failure reason'] === undefined
    // First, because the handler calls listeners that ask for it.
    if (isConfirmed) confirmed.set(this, this.socket)
    take.call(this, reply)
    if (!isConfirmed || this.destroyed) return
    const question = asked.get(this)
    asked.delete(this)
    const count = question ? Math.min(question.numwant, OFFERS_MAX, othersIn(reply, question)) : 0
    if (count > 0) offer(this, count)
  }
}

/** Who may take an offer: of a seed, leechers only. */
function othersIn({ complete, incomplete }: TrackerReply, { left }: Asked): number {
  if (typeof complete !== 'number' || typeof incomplete !== 'number') return OFFERS_MAX
  return left === 0 ? incomplete : complete + incomplete - 1
}

/** Announces again with up to `count` offers: those that this browser has connections for. */
function offer(tracker: TrackerSocket, count: number): void {
  const offers: object[] = []
  let open = count
  const settle = () => {
    open -= 1
    if (open > 0 || offers.length === 0 || tracker.destroyed) return
    const { _infoHashBinary: info_hash, _peerIdBinary: peer_id } = tracker.client
    const state = tracker.client._defaultAnnounceOpts()
    tracker._send({ ...state, action: 'announce', info_hash, peer_id, numwant: offers.length, offers })
  }
  for (let made = 0; made < count; made++) makeOffer(tracker, offers, settle)
}

function makeOffer(tracker: TrackerSocket, offers: object[], settle: () => void): void {
  const { peers } = tracker
  if (!peers) {
    settle()
    return
  }
  const id = crypto.getRandomValues(new Uint8Array(20))
  const key = Array.from(id, byte => byte.toString(16).padStart(2, '0')).join('')
  const peer: TrackerPeer = tracker._createPeer({ initiator: true })
  peers[key] = peer
  let isSettled = false
  const settleOnce = () => {
    if (!isSettled) settle()
    isSettled = true
  }
  peer.once('signal', description => {
    offers.push({ offer: description, offer_id: String.fromCharCode(...id) })
    settleOnce()
  })
  const fail = () => {
    if (peers[key] === peer) delete peers[key]
    settleOnce()
  }
  // As when the browser has no more connections: then it never closes, because it never opened.
  peer.once('error', fail)
  peer.once('close', fail)
  peer.trackerTimeout = setTimeout(() => {
    peer.trackerTimeout = null
    delete peers[key]
    peer.destroy()
  }, OFFER_MAX_MS)
}
