import { parseTrackerRequest } from '../../../lib/protocol/announce.ts'
import type { Id, WireText } from '../swarms/swarm.ts'
import { isSeed, type Report } from '../swarms/swarms.ts'
import { readUsualMessage } from './usual-message.ts'

/** An id as its value, and as the JSON text it came as: what is passed on needs no second encoding. */
export interface SentId {
  readonly value: Id
  readonly json: WireText
}

interface SentOffer {
  readonly id: SentId
  /** The session description: one JSON object with a `type` and an `sdp` and nothing else. */
  readonly json: WireText
}

export interface TabAnnounce {
  readonly kind: 'announce'
  readonly infoHash: SentId
  readonly peerId: SentId
  readonly report: Report
  readonly numwant: number | undefined
  readonly offers: readonly SentOffer[]
}

export interface TabAnswer {
  readonly kind: 'answer'
  readonly infoHash: SentId
  readonly peerId: SentId
  readonly toPeerId: Id
  readonly offerId: SentId
  readonly json: WireText
}

/** What a tab says: checked in full, every `json` in it proven to be one JSON value of its kind. */
export type TabMessage =
  | TabAnnounce
  | TabAnswer
  | { readonly kind: 'scrape'; readonly infoHashes: readonly Id[] }
  | {
      readonly kind: 'invalid'
      readonly reason: string
      readonly action: 'announce' | 'scrape' | undefined
      readonly infoHash: Id | undefined
    }

/** Read a WebSocket message of valid UTF-8. Never throws. */
export function readMessage(text: WireText): TabMessage {
  return readUsualMessage(text) ?? readAnyMessage(text)
}

/** The whole of the protocol, by the schemas; what is passed on is written anew. */
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

/** A value as JSON, as it travels. */
export function toJson(value: unknown): WireText {
  return Buffer.from(JSON.stringify(value)).toString('latin1')
}

const sentId = (value: Id): SentId => ({ value, json: toJson(value) })
