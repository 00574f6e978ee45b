import { debug } from '../../base/debug.ts'
import type { AnnounceOptions, TrackerPeer, TrackerReply, TrackerSocket } from '../webtorrent-types.ts'

const log = debug('engine:offers')

/** Most offers of one announce; the tracker relays no more. */
const OFFERS_MAX = 5

/** An offer without an answer for this long is withdrawn, as in the stock client. */
const OFFER_MAX_MS = 50_000

/**
 * Offers that a reader makes while the tracker's socket opens, and sends with its first announce: gathering takes as long as
 * opening does, and most readers find somebody.
 */
const EARLY_OFFERS = 1

/** An offer as an announce carries it. */
interface Offer {
  readonly offer: object
  /** 20 bytes, each a character. */
  readonly offer_id: string
}

interface EarlyOffer {
  readonly made: Promise<Offer | null>
  /** Null until it is made. */
  offer: Offer | null
}

const early = new WeakMap<TrackerSocket, readonly EarlyOffer[]>()

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
    const offers = takeMade(this)
    asked.set(this, { numwant: numwant - offers.length, left })
    if (offers.length > 0) send(this, options, offers)
    // Without offers to make, the stock client sends it at once.
    else announce.call(this, { ...options, numwant: 0 })
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
    if (count > 0) offer(this, count).catch(reason => log('no offers', { reason }))
  }
}

/** Who may take an offer: of a seed, leechers only. */
function othersIn({ complete, incomplete }: TrackerReply, { left }: Asked): number {
  if (typeof complete !== 'number' || typeof incomplete !== 'number') return OFFERS_MAX
  return left === 0 ? incomplete : complete + incomplete - 1
}

/** Make the offers of the first announce, where there is something to download. */
export function makeEarlyOffers(tracker: TrackerSocket): void {
  if (early.has(tracker) || tracker.client._defaultAnnounceOpts().left === 0) return
  const offers = Array.from({ length: EARLY_OFFERS }, (): EarlyOffer => {
    const made = makeOffer(tracker)
    const entry: EarlyOffer = { made, offer: null }
    made.then(
      offer => {
        entry.offer = offer
      },
      () => undefined,
    )
    return entry
  })
  early.set(tracker, offers)
}

/** The early offers that are made by now; they, and the others, are no early offers any more if there is one. */
function takeMade(tracker: TrackerSocket): readonly Offer[] {
  const offers = (early.get(tracker) ?? []).flatMap(({ offer }) => offer ?? [])
  if (offers.length > 0) early.set(tracker, [])
  return offers.filter(offer => isOpen(tracker, offer))
}

/** False for one that was withdrawn. */
const isOpen = ({ peers }: TrackerSocket, { offer_id }: Offer): boolean => keyOf(offer_id) in (peers ?? {})

const keyOf = (offerId: string): string =>
  Array.from(offerId, character => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')

function send(tracker: TrackerSocket, options: AnnounceOptions, offers: readonly Offer[]): void {
  const { _infoHashBinary: info_hash, _peerIdBinary: peer_id } = tracker.client
  tracker._send({ ...options, action: 'announce', info_hash, peer_id, numwant: offers.length, offers })
}

/** Announces again with up to `count` offers: those that this browser has connections for. */
async function offer(tracker: TrackerSocket, count: number): Promise<void> {
  const waiting = early.get(tracker)?.map(({ made }) => made) ?? []
  early.set(tracker, [])
  const more = Array.from({ length: Math.max(0, count - waiting.length) }, () => makeOffer(tracker))
  const made = await Promise.all([...waiting, ...more])
  const offers = made.flatMap(offer => offer ?? []).filter(offer => isOpen(tracker, offer))
  if (offers.length > 0 && !tracker.destroyed) send(tracker, tracker.client._defaultAnnounceOpts(), offers)
}

/** Null when the browser has no more connections, or none of the candidates can be had. */
function makeOffer(tracker: TrackerSocket): Promise<Offer | null> {
  const { peers } = tracker
  if (!peers) return Promise.resolve(null)
  const offer_id = String.fromCharCode(...crypto.getRandomValues(new Uint8Array(20)))
  const key = keyOf(offer_id)
  const peer: TrackerPeer = tracker._createPeer({ initiator: true })
  peers[key] = peer
  peer.trackerTimeout = setTimeout(() => {
    peer.trackerTimeout = null
    delete peers[key]
    peer.destroy()
  }, OFFER_MAX_MS)
  return new Promise(resolve => {
    peer.once('signal', offer => resolve({ offer, offer_id }))
    const fail = () => {
      if (peers[key] === peer) delete peers[key]
      resolve(null)
    }
    // As when the browser has no more connections: then it never closes, because it never opened.
    peer.once('error', fail)
    peer.once('close', fail)
  })
}
