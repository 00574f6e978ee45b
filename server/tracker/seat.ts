import { EventEmitter } from 'node:events'
import type { StockSocket } from 'bittorrent-tracker/server'
import type { AnnounceMessage, AnswerMessage } from '../../lib/protocol/announce.ts'

/** How long an answer to a relayed offer is taken; stock clients give up on their offers after 50 s. */
const ANSWER_LIMIT_MS = 60_000

/** Offers a seat remembers to be answered; the oldest are forgotten first. */
const OWED_MAX = 500

/**
 * What bittorrent-tracker holds for a WebSocket. It knows one peer id a socket, and on close removes only that one, while
 * some clients (libtorrent) have a peer id a torrent: so a client's socket gets one seat for each of its peer ids. The
 * client's address stays outside; among browsers nobody needs it.
 */
export class Seat extends EventEmitter implements StockSocket {
  upgradeReq: StockSocket['upgradeReq'] = { headers: {}, connection: { remoteAddress: '' } }
  readonly #deliver: (text: string) => void
  /** Offers relayed to this peer, by `answerKey`, oldest first; the value is when the answer is too late. */
  readonly #owed = new Map<string, number>()

  constructor(deliver: (text: string) => void) {
    super()
    this.#deliver = deliver
  }

  /** Called by bittorrent-tracker: replies, and offers and answers of other peers. */
  send(text: string): void {
    const message = JSON.parse(text)
    if ('offer' in message) this.#remember(answerKey(message.info_hash, message.peer_id, message.offer_id))
    this.#deliver(text)
  }

  announce(message: AnnounceMessage): void {
    // bittorrent-tracker reads null as 0 bytes left, which would make a seed of everybody who waits for metainfo.
    const left = message.left ?? undefined
    const offers = message.offers?.slice(0, message.numwant)
    this.emit('message', JSON.stringify({ ...message, left, offers }))
  }

  /** Pass on the answer to an offer that was relayed here within the last minute; false when there was none. */
  answer(message: AnswerMessage): boolean {
    const key = answerKey(message.info_hash, message.to_peer_id, message.offer_id)
    const limit = this.#owed.get(key)
    this.#owed.delete(key)
    if (limit === undefined || limit < performance.now()) return false
    this.emit('message', JSON.stringify(message))
    return true
  }

  close(): void {
    this.emit('close')
  }

  #remember(key: string): void {
    const now = performance.now()
    for (const [oldest, limit] of this.#owed) {
      if (limit >= now && this.#owed.size < OWED_MAX) break
      this.#owed.delete(oldest)
    }
    this.#owed.set(key, now + ANSWER_LIMIT_MS)
  }
}

/** Offer ids are chosen by their senders, so only with the swarm and the sender do they name one offer. */
const answerKey = (infoHash: string, offeredBy: string, offerId: string) => infoHash + offeredBy + offerId
