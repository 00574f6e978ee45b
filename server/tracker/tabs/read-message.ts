import { parseTrackerRequest } from '../../../lib/protocol/announce.ts'
import { isSeed } from '../swarms/swarms.ts'
import type { Id, WireText } from '../wire-text.ts'
import { type SentId, type TabMessage, toJson } from './message.ts'
import { readUsualMessage } from './usual-message.ts'

/** Reads a WebSocket message of valid UTF-8. Never throws. */
export function readMessage(text: WireText): TabMessage {
  return readUsualMessage(text) ?? readAnyMessage(text)
}

/** Reads any message of the protocol, by the schemas; what is relayed is encoded again. */
export function readAnyMessage(text: WireText): TabMessage {
  const request = parseTrackerRequest(Buffer.from(text, 'latin1').toString())
  if (request.kind === 'invalid') return request
  if (request.kind === 'scrape') return { kind: 'scrape', infoHashes: request.message.info_hash }
  const { message } = request
  const infoHash = sentId(message.info_hash)
  const peerId = sentId(message.peer_id)
  if (request.kind === 'answer') {
    const { answer, offer_id, to_peer_id: toPeerId } = request.message
    return { kind: 'answer', infoHash, peerId, toPeerId, offerId: sentId(offer_id), json: toJson(answer) }
  }
  const { downloaded, event, left, numwant, offers = [] } = request.message
  return {
    kind: 'announce',
    infoHash,
    peerId,
    report: { event, seed: isSeed(left, event), downloaded: downloaded ?? undefined },
    numwant,
    offers: offers.map(({ offer, offer_id }) => ({ id: sentId(offer_id), json: toJson(offer) })),
  }
}

const sentId = (value: Id): SentId => ({ value, json: toJson(value) })
