import type { Report } from '../swarms/swarms.ts'
import type { Id, WireText } from '../wire-text.ts'

/** An id as a value and as the JSON text it came in, so that relaying it takes no encoding. */
export interface SentId {
  readonly value: Id
  readonly json: WireText
}

export interface SentOffer {
  readonly id: SentId
  /** The session description: one JSON object with `type` and `sdp` and nothing else. */
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

/** A tab's message, fully checked; every `json` in it is one valid JSON value of its kind. */
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

/** `value` as JSON in the form it travels in. */
export function toJson(value: unknown): WireText {
  return Buffer.from(JSON.stringify(value)).toString('latin1')
}
