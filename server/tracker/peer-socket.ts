import type { RawData, WebSocket } from 'ws'
import {
  type AnnounceMessage,
  type AnswerMessage,
  NOT_TRACKED,
  parseTrackerRequest,
  type ScrapeMessage,
} from '../../lib/protocol/announce.ts'
import type { InfoHash, PeerId } from '../../lib/torrent/ids.ts'
import type { Log } from '../log.ts'
import { Seat } from './seat.ts'
import type { PeerOwner, Swarms } from './swarms.ts'

const FIRST_MESSAGE_LIMIT_MS = 10_000
/** How long a silent socket keeps a peer id that another socket asks for. */
const PROBE_LIMIT_MS = 5_000
/** Bytes we hold for a client that does not read. */
const UNREAD_MAX_BYTES = 256 * 1024
/** Swarms one socket may be in; a page has one socket for all its shares. */
const SWARMS_MAX = 200
const MISSED_PINGS_MAX = 2

/** Close codes of RFC 6455 section 7.4.1. */
const GOING_AWAY = 1001
const INVALID_DATA = 1007
const POLICY_VIOLATION = 1008
const INTERNAL_ERROR = 1011

/**
 * One client's WebSocket: its limits, and which peer ids it speaks for. The first socket to announce a peer id in a swarm
 * owns it there until it closes or stops; another socket that announces the same id is refused, and the owner is
 * pinged and dropped when it stays silent, so that a client whose connection broke gets its id back at its next announce.
 */
export class PeerSocket implements PeerOwner {
  readonly #socket: WebSocket
  readonly #swarms: Swarms
  readonly #peerIds = new Map<InfoHash, PeerId>()
  readonly #seats = new Map<PeerId, Seat>()
  readonly #firstMessageTimer: NodeJS.Timeout
  #probeTimer: NodeJS.Timeout | undefined
  #missedPings = 0

  constructor(socket: WebSocket, swarms: Swarms, log: Log) {
    this.#socket = socket
    this.#swarms = swarms
    this.#firstMessageTimer = setTimeout(
      () => socket.close(POLICY_VIOLATION, 'nothing announced'),
      FIRST_MESSAGE_LIMIT_MS,
    )
    socket.on('message', data => {
      try {
        this.#receive(data)
      } catch (error) {
        // Input is checked before it gets anywhere; should something still fail, it fails for this client only.
        log.error({ err: error }, 'tracker message failed')
        socket.close(INTERNAL_ERROR)
      }
    })
    socket.on('pong', () => this.#heard())
    socket.on('close', () => this.#closed())
    // ws closes the socket after an error (broken frame, too large); `close` does what is to do.
    socket.on('error', () => {})
  }

  /** Ping; a client that missed two in a row is gone. */
  ping(): void {
    if (this.#missedPings >= MISSED_PINGS_MAX) {
      this.#socket.terminate()
      return
    }
    this.#missedPings += 1
    this.#socket.ping()
  }

  /** The server stops. */
  goAway(): void {
    this.#socket.close(GOING_AWAY, 'server stopping')
  }

  probe(): void {
    this.#probeTimer ??= setTimeout(() => this.#socket.terminate(), PROBE_LIMIT_MS)
    this.#socket.ping()
  }

  dropped(infoHash: InfoHash): void {
    const peerId = this.#peerIds.get(infoHash)
    if (peerId !== undefined) this.#leave(infoHash, peerId)
    this.#fail('announce', binary(infoHash), NOT_TRACKED)
  }

  #receive(data: RawData): void {
    // ws goes on reading until the other side has closed too.
    if (this.#socket.readyState !== this.#socket.OPEN) return
    clearTimeout(this.#firstMessageTimer)
    this.#heard()
    const text = decodeText(data)
    if (text === undefined) {
      this.#socket.close(INVALID_DATA, 'not UTF-8')
      return
    }
    const request = parseTrackerRequest(text)
    if (request.kind === 'announce') this.#announce(request.message)
    else if (request.kind === 'answer') this.#answer(request.message)
    else if (request.kind === 'scrape') this.#scrape(request.message)
    else this.#fail(request.action, request.infoHash, request.reason)
  }

  #announce(message: AnnounceMessage): void {
    const infoHash = hex<InfoHash>(message.info_hash)
    const peerId = hex<PeerId>(message.peer_id)
    const stopping = message.event === 'stopped'
    const refusal = this.#refusal(infoHash, peerId, stopping)
    if (refusal !== undefined) {
      this.#fail('announce', message.info_hash, refusal)
    } else if (stopping) {
      this.#seats.get(peerId)?.announce({ ...message, offers: undefined })
      this.#leave(infoHash, peerId)
    } else {
      this.#peerIds.set(infoHash, peerId)
      this.#swarms.claim(infoHash, peerId, this)
      this.#seat(peerId).announce(message)
    }
  }

  /** Why this socket may not announce (or stop) `peerId` in that swarm. */
  #refusal(infoHash: InfoHash, peerId: PeerId, stopping: boolean): string | undefined {
    if (!this.#swarms.isAdmitted(infoHash)) return NOT_TRACKED
    const own = this.#peerIds.get(infoHash)
    if (own === peerId) return undefined
    if (stopping) return 'this connection did not announce that peer id'
    if (own !== undefined) return 'this connection is in the swarm under another peer id'
    const owner = this.#swarms.owner(infoHash, peerId)
    if (owner !== undefined) {
      owner.probe()
      return 'that peer id is in use by another connection'
    }
    return this.#peerIds.size >= SWARMS_MAX ? `more than ${SWARMS_MAX} swarms on one connection` : undefined
  }

  #answer(message: AnswerMessage): void {
    const peerId = this.#peerIds.get(hex<InfoHash>(message.info_hash))
    const seat = peerId === hex<PeerId>(message.peer_id) ? this.#seats.get(peerId) : undefined
    if (!seat?.answer(message)) this.#fail('announce', message.info_hash, 'no such offer to answer')
  }

  #scrape(message: ScrapeMessage): void {
    const files = message.info_hash.map(infoHash => {
      const counts = this.#swarms.counts(hex<InfoHash>(infoHash))
      return [infoHash, { ...counts, downloaded: counts.complete }]
    })
    this.#send(JSON.stringify({ action: 'scrape', files: Object.fromEntries(files) }))
  }

  #seat(peerId: PeerId): Seat {
    const known = this.#seats.get(peerId)
    if (known !== undefined) return known
    const seat = new Seat(text => this.#send(text))
    this.#seats.set(peerId, seat)
    this.#swarms.connect(seat)
    return seat
  }

  #leave(infoHash: InfoHash, peerId: PeerId): void {
    this.#peerIds.delete(infoHash)
    if (![...this.#peerIds.values()].includes(peerId)) {
      this.#seats.get(peerId)?.close()
      this.#seats.delete(peerId)
    }
    this.#swarms.release(infoHash, peerId)
  }

  #closed(): void {
    clearTimeout(this.#firstMessageTimer)
    clearTimeout(this.#probeTimer)
    // Seats first: what is released after them can be empty then.
    for (const seat of this.#seats.values()) seat.close()
    for (const [infoHash, peerId] of this.#peerIds) this.#swarms.release(infoHash, peerId)
  }

  #heard(): void {
    this.#missedPings = 0
    clearTimeout(this.#probeTimer)
    this.#probeTimer = undefined
  }

  /**
   * Stock clients drop the connection, or die, on an error that names no action, or an announce error without its info
   * hash; where we have neither the connection is closed.
   */
  #fail(action: 'announce' | 'scrape' | undefined, infoHash: string | undefined, reason: string): void {
    if (action === undefined || (action === 'announce' && infoHash === undefined)) {
      // A close reason has at most 123 bytes.
      this.#socket.close(POLICY_VIOLATION, reason.slice(0, 40))
    } else {
      this.#send(JSON.stringify({ action, info_hash: infoHash, 'failure reason': reason }))
    }
  }

  #send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#socket.send(text)
    if (this.#socket.bufferedAmount > UNREAD_MAX_BYTES) this.#socket.terminate()
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Text or binary frames alike, as other trackers take them; undefined when it is not UTF-8. */
function decodeText(data: RawData): string | undefined {
  try {
    return utf8.decode(Array.isArray(data) ? Buffer.concat(data) : data)
  } catch {
    return undefined
  }
}

const hex = <Id extends string>(bytes: string) => Buffer.from(bytes, 'latin1').toString('hex') as Id
const binary = (infoHash: InfoHash) => Buffer.from(infoHash, 'hex').toString('latin1')
