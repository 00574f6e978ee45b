import { debug } from '../../../base/debug.ts'
import { setBackgroundTimeout } from '../../../base/timer.ts'
import type { TrackerReply } from '../../../protocol/announce.ts'
import type { AnnouncedSwarm, SwarmTracker } from './announced-swarm.ts'
import { Offers } from './offers.ts'
import type { SocketUser, TrackerSocket } from './tracker-socket.ts'

const log = debug('engine:tracker')

/** Most offers of one announce; the tracker relays no more. */
const OFFERS_MAX = 5

/**
 * Offers that a reader makes while the tracker's socket opens, and sends with its first announce: most readers find somebody.
 */
const EARLY_OFFERS = 1

/** Seconds between announces, until the tracker says how many. */
const INTERVAL_S = 30

/** What an announce asks for, beside what its offers are for. */
interface Asked {
  readonly offers: number
  readonly isSeed: boolean
}

/**
 * One swarm at one tracker over a WebSocket, in the protocol of bittorrent-tracker (see `protocol/announce.ts`).
 *
 * It announces at once, and sends offers when the answer says that somebody is there to take them: a browser has 500
 * connections, and a swarm whose offers cannot be made would never be announced.
 */
export class SocketTracker implements SwarmTracker, SocketUser {
  readonly binaryHash: string
  readonly #swarm: AnnouncedSwarm
  readonly #socket: TrackerSocket
  readonly #peerId: string
  readonly #offers: Offers
  #state: SwarmTracker['state'] = 'connecting'
  /** Not said yet. */
  #event: 'started' | 'completed' | null = 'started'
  #asked: Asked | null = null
  #trackerId: string | undefined
  #intervalS = INTERVAL_S
  #next: ReturnType<typeof setTimeout> | null = null
  #stopped = false

  constructor(swarm: AnnouncedSwarm, socket: TrackerSocket) {
    this.#swarm = swarm
    this.#socket = socket
    this.binaryHash = toBinary(swarm.infoHash)
    this.#peerId = toBinary(swarm.peerId)
    this.#offers = new Offers(() => swarm.createConnection({ initiator: true }))
  }

  /** `connected` once it has confirmed an announce over the socket that is open now. */
  get state(): SwarmTracker['state'] {
    return this.#state
  }

  start(): void {
    if (this.#swarm.progress().left > 0) this.#offers.prepare(EARLY_OFFERS)
    this.#socket.add(this)
  }

  announce(): void {
    this.#announce({ offers: OFFERS_MAX })
  }

  wake({ findPeers }: { readonly findPeers: boolean }): void {
    if (this.#socket.isOpen) this.#announce({ offers: findPeers ? OFFERS_MAX : 0 })
    else this.#socket.wake()
  }

  complete(): void {
    this.#event = 'completed'
    this.#announce({ offers: 0 })
  }

  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    if (this.#next !== null) clearTimeout(this.#next)
    const isAnnounced = this.#event !== 'started'
    const message = { ...this.#swarm.progress(), event: 'stopped', numwant: 0 }
    if (isAnnounced) this.#send(message, { expectsAnswer: false })
    this.#offers.withdrawAll()
    await this.#socket.remove(this)
  }

  onOpen(): void {
    this.announce()
  }

  onLost(reason: string | null): void {
    this.#state = 'unreachable'
    this.#asked = null
    this.#offers.withdrawAll()
    if (reason !== null) this.#swarm.onFault({ url: this.#socket.url, reason })
  }

  onReply(reply: TrackerReply): void {
    // Something that we have sent ourselves.
    if (this.#stopped || reply.peer_id === this.#peerId) return
    const failure = reply['failure reason']
    const warning = reply['warning message']
    if (failure !== undefined || warning !== undefined) {
      this.#swarm.onFault({ url: this.#socket.url, reason: failure ?? warning ?? '' })
      if (failure !== undefined) return
    }
    this.#trackerId = reply['tracker id'] ?? this.#trackerId
    const { answer, offer, offer_id, peer_id } = reply
    if (peer_id !== undefined && offer_id !== undefined) {
      if (offer) this.#takeOffer(peer_id, offer_id, offer)
      if (answer) this.#takeAnswer(peer_id, offer_id, answer)
    }
    if (!offer && !answer) this.#takeCounts(reply)
  }

  #announce({ offers }: { readonly offers: number }): void {
    if (!this.#socket.isOpen || this.#stopped) return
    const prepared = offers > 0 ? this.#offers.takePrepared() : []
    const progress = this.#swarm.progress()
    this.#asked = { offers: offers - prepared.length, isSeed: progress.left === 0 }
    const event = this.#event
    this.#event = null
    this.#sendAnnounce({ ...progress, ...(event && { event }) }, prepared)
  }

  #sendAnnounce(about: object, offers: readonly object[]): void {
    log('announce', { tracker: this.#socket.url, ...about, offers: offers.length })
    this.#send({ ...about, numwant: offers.length, offers }, { expectsAnswer: true })
    this.#announceLater()
  }

  #send(about: object, expected: { readonly expectsAnswer: boolean }): void {
    const ids = { action: 'announce', info_hash: this.binaryHash, peer_id: this.#peerId }
    const trackerid = this.#trackerId
    this.#socket.send({ ...about, ...ids, ...(trackerid !== undefined && { trackerid }) }, expected)
  }

  #announceLater(): void {
    if (this.#next !== null) clearTimeout(this.#next)
    this.#next = setBackgroundTimeout(() => {
      this.#announceLater()
      this.announce()
    }, 1000 * this.#intervalS)
  }

  #takeCounts(reply: TrackerReply): void {
    // First, because whoever is told asks for it.
    this.#state = 'connected'
    const intervalS = reply.interval ?? reply['min interval']
    if (intervalS !== undefined) {
      this.#intervalS = intervalS
      this.#announceLater()
    }
    const { complete = null, incomplete = null } = reply
    this.#swarm.onFault({ url: this.#socket.url, reason: null })
    this.#swarm.onCounts({ complete, incomplete })
    const asked = this.#asked
    this.#asked = null
    if (!asked) return
    const others = othersOf(complete, incomplete, asked)
    const count = Math.min(asked.offers, others)
    if (count > 0) this.#offer(count).catch(reason => log('no offers', { reason }))
  }

  /** Announces again with up to `count` offers. */
  async #offer(count: number): Promise<void> {
    const offers = await this.#offers.make(count)
    if (offers.length > 0 && this.#socket.isOpen && !this.#stopped) {
      this.#sendAnnounce(this.#swarm.progress(), offers)
    }
  }

  #takeOffer(from: string, offer_id: string, offer: { readonly type: 'offer'; readonly sdp: string }): void {
    const connection = this.#swarm.createConnection({ initiator: false })
    if (!connection) return
    connection.id = toHex(from)
    connection.once('description', answer => {
      if (!this.#stopped) this.#send({ to_peer_id: from, offer_id, answer }, { expectsAnswer: false })
    })
    if (this.#swarm.addConnection(connection)) connection.accept(offer)
  }

  #takeAnswer(
    from: string,
    offerId: string,
    answer: { readonly type: 'answer'; readonly sdp: string },
  ): void {
    const connection = this.#offers.take(offerId)
    if (!connection) return
    connection.id = toHex(from)
    if (this.#swarm.addConnection(connection)) connection.accept(answer)
  }
}

/** Who may take an offer: of a seed, leechers only. */
function othersOf(complete: number | null, incomplete: number | null, { isSeed }: Asked): number {
  if (complete === null || incomplete === null) return OFFERS_MAX
  return isSeed ? incomplete : complete + incomplete - 1
}

const toBinary = (hex: string): string =>
  hex.replace(/../g, byte => String.fromCharCode(Number.parseInt(byte, 16)))

const toHex = (binary: string): string =>
  Array.from(binary, character => character.charCodeAt(0).toString(16).padStart(2, '0')).join('')
