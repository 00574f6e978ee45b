import type { Offerer, Swarm, TabPeer } from '../swarms/swarm.ts'
import type { Id, WireText } from '../wire-text.ts'
import type { SentId, SentOffer } from './message.ts'

/** Who sent offers. */
interface Sender {
  readonly infoHash: SentId
  readonly peerId: SentId
  /** Gets the answers. */
  readonly offerer: Offerer
  /** What peers are drawn for; `at` is negative for a peer that is not in this node's list. */
  readonly asking: Pick<TabPeer, 'at' | 'seed' | 'network'>
}

/** Sends each offer to another peer of `swarm`, drawn at random; returns how many there were for. */
export function deliverOffers(
  offers: readonly SentOffer[],
  { asking, infoHash, offerer, peerId }: Sender,
  swarm: Swarm,
  now: number,
): number {
  const tail = `,"peer_id":${peerId.json},"info_hash":${infoHash.json}}`
  const drawn = swarm.tabs.draw(offers.length, asking)
  let delivered = 0
  for (let at = 0; at < drawn.length; at += 1) {
    const to = drawn[at]
    const offer = offers[at]
    // The same client on a broken connection: it would take the offer for its own.
    if (to === undefined || offer === undefined || to.id === offerer.id) continue
    to.addOffer(offerer, offer.id.value, now)
    to.owner.send(`{"action":"announce","offer":${offer.json},"offer_id":${offer.id.json}${tail}`)
    delivered += 1
  }
  return delivered
}

/** An answer as the peer gets it that made the offer. */
export const answerText = (answer: {
  readonly infoHash: SentId
  readonly peerId: SentId
  readonly offerId: SentId
  readonly json: WireText
}): WireText =>
  `{"action":"announce","answer":${answer.json},"offer_id":${answer.offerId.json},"peer_id":${answer.peerId.json},"info_hash":${answer.infoHash.json}}`

/** A peer of another node that sent an offer; `send` gets what a peer of this node would get. */
export function farOfferer(id: Id, send: (text: WireText) => void): Offerer {
  return { id, at: 0, owner: { send } }
}
