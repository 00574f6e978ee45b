import { debug } from '../../base/debug.ts'
import { setBackgroundTimeout } from '../../base/timer.ts'
import { TokenBucket } from '../../base/token-bucket.ts'
import type { Wire } from '../webtorrent-types.ts'
import {
  decodeIntroduction,
  encodeIntroduction,
  INTRODUCTIONS,
  type ListedPeer,
  type PassedOn,
} from './introduction-messages.ts'
import { IntroductionPlan } from './introduction-plan.ts'
import type { RtcConnection } from './rtc-connection.ts'

const log = debug('engine:introductions')

/** With this many peers, no more are looked for. */
const WANTED_PEERS = 12

/** Introductions asked for at a time. */
const ASKED_MAX = 3

/** How often to look for peers that others are connected to. */
const LOOK_MS = 2_000

/** An offer that nobody has answered by then is withdrawn. */
const ANSWER_MAX_MS = 8_000

/** Lists are sent at most this often, and only when they have changed. */
const LIST_MS = 5_000
/** The first one does not wait as long: a tracker may go away soon after people met. */
const FIRST_LIST_MS = 500

/** Offers and answers a second that are read of one peer, and passed on to one peer. */
const PASSED_ON_PER_SECOND = 4

/** The introductions of a peer are ignored after this many of them led to banned peers. */
const BANNED_MAX = 2

interface Options {
  /** Our peer id, hex. */
  readonly ownId: string
  /** Connected peers of the swarm, with this extension or without. */
  readonly count: () => number
  /** True while a connection to this peer exists or is being made. */
  readonly knows: (id: string) => boolean
  /** Whether we have every piece, or `wire`'s peer has. */
  readonly isSeed: (wire: Wire | null) => boolean
  /** A new connection without a peer id; null where none can be made. */
  readonly createConnection: (side: { readonly initiator: boolean }) => RtcConnection | null
  /** Hands over a connection whose `id` is set; false: refused. */
  readonly add: (connection: RtcConnection) => boolean
}

/** A connected peer that speaks this extension. */
interface Member {
  readonly id: string
  readonly wire: Wire
  readonly incoming: TokenBucket
  readonly outgoing: TokenBucket
  listed: readonly ListedPeer[]
  /** What it was sent last. */
  sent: string
  sentAt: number
}

interface Asked {
  readonly connection: RtcConnection
  readonly id: string
  readonly introducer: string
}

/**
 * Peer exchange between WebRTC peers (an extension of BEP 10; the messages are in `introduction-messages.ts`): each says whom
 * it is connected to, and passes offers and answers on between them. So a swarm grows and heals while its tracker is away.
 */
export class Introductions {
  readonly #options: Options
  readonly #members = new Map<string, Member>()
  /** Our own offers that wait for an answer, by offer id. */
  readonly #asked = new Map<string, Asked>()
  readonly #plan: IntroductionPlan
  readonly #introducers = new WeakMap<object, string>()
  readonly #bannedBy = new Map<string, number>()
  #timer: ReturnType<typeof setTimeout> | null = null
  #stopped = false

  constructor(options: Options) {
    this.#options = options
    this.#plan = new IntroductionPlan(options.ownId)
  }

  /** Offer the extension to a peer that has just connected; `id` is the one it was found by, hex. */
  addPeer(wire: Wire, id: string): void {
    const member: Member = {
      id,
      wire,
      incoming: new TokenBucket(),
      outgoing: new TokenBucket(),
      listed: [],
      sent: '',
      sentAt: Number.NEGATIVE_INFINITY,
    }
    member.incoming.setRate(PASSED_ON_PER_SECOND)
    member.outgoing.setRate(PASSED_ON_PER_SECOND)
    const onReady = () => {
      if (this.#stopped || wire.destroyed) return
      this.#members.set(id, member)
      this.#lookIn(FIRST_LIST_MS)
    }
    const onMessage = (bytes: Uint8Array) => this.#take(member, bytes)
    class Extension {
      onExtendedHandshake(): void {
        onReady()
      }
      onMessage(bytes: Uint8Array): void {
        onMessage(bytes)
      }
    }
    Object.defineProperty(Extension.prototype, 'name', { value: INTRODUCTIONS })
    wire.use(Extension)
    wire.once('close', () => {
      if (this.#members.get(id) === member) this.#members.delete(id)
      // It may be lost to us only: others may still be connected to it.
      this.#plan.lost(id)
    })
  }

  /** Who introduced the peer at the other end of `connection`; undefined: the tracker did. */
  introducerOf(connection: object): string | undefined {
    return this.#introducers.get(connection)
  }

  /** The peer at the other end of `connection` has been banned. */
  banned(connection: object): void {
    const introducer = this.#introducers.get(connection)
    if (introducer !== undefined) this.#bannedBy.set(introducer, (this.#bannedBy.get(introducer) ?? 0) + 1)
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    for (const { connection } of this.#asked.values()) connection.destroy()
    this.#asked.clear()
    this.#members.clear()
  }

  #lookIn(milliseconds: number): void {
    if (this.#stopped || this.#timer !== null) return
    this.#timer = setBackgroundTimeout(() => {
      this.#timer = null
      this.#sendLists()
      this.#ask()
      if (this.#members.size > 0) this.#lookIn(LOOK_MS)
    }, milliseconds)
  }

  #sendLists(): void {
    const now = performance.now()
    const { isSeed } = this.#options
    const all = [...this.#members.values()].map(({ id, wire }) => ({ id, isSeed: isSeed(wire) }))
    for (const member of this.#members.values()) {
      if (now - member.sentAt < LIST_MS) continue
      const peers = all.filter(({ id }) => id !== member.id)
      const text = peers.map(({ id, isSeed }) => `${id}${isSeed}`).join()
      if (text === member.sent) continue
      member.sent = text
      member.sentAt = now
      this.#send(member, { type: 'list', peers })
    }
  }

  /** Asks for introductions to peers that others are connected to and we are not. */
  #ask(): void {
    const now = performance.now()
    const { count, isSeed, knows } = this.#options
    const listedBy = new Map<string, Member>()
    for (const member of this.#members.values()) {
      if (this.#isDistrusted(member)) continue
      for (const peer of member.listed) {
        if (!(peer.isSeed && isSeed(null))) listedBy.set(peer.id, member)
      }
    }
    const asked = new Set([...this.#asked.values()].map(({ id }) => id))
    const isConnecting = (id: string) => asked.has(id) || knows(id)
    for (const id of this.#plan.due(new Set(listedBy.keys()), isConnecting, now)) {
      const member = listedBy.get(id)
      if (!member || this.#asked.size >= ASKED_MAX || count() + this.#asked.size >= WANTED_PEERS) return
      this.#plan.tried(id, now)
      this.#offer(member, id)
    }
  }

  #offer(member: Member, to: string): void {
    const connection = this.#options.createConnection({ initiator: true })
    if (!connection) return
    const offerId = randomHex()
    const asked = { connection, id: to, introducer: member.id }
    this.#asked.set(offerId, asked)
    log('asking for an introduction', { peer: to, by: member.id })
    const forget = () => {
      clearTimeout(limit)
      this.#asked.delete(offerId)
    }
    const limit = setBackgroundTimeout(() => {
      if (this.#asked.get(offerId) === asked) connection.destroy()
      forget()
    }, ANSWER_MAX_MS)
    connection.once('close', forget)
    connection.once('description', ({ sdp }) => {
      if (this.#asked.has(offerId)) {
        this.#send(member, { type: 'offer', from: this.#options.ownId, to, offerId, sdp })
      }
    })
  }

  #take(member: Member, bytes: Uint8Array): void {
    const message = decodeIntroduction(bytes)
    if (!message || this.#stopped || this.#members.get(member.id) !== member) return
    if (message.type === 'list') {
      member.listed = message.peers
      this.#lookIn(LOOK_MS)
      return
    }
    // More than anybody needs: dropped, the connection stays.
    if (!pass(member.incoming)) return
    // Of an answer to us, `from` is who answered: the introducer has filled it in.
    if (message.to !== this.#options.ownId) this.#passOn(member, message)
    else if (this.#isDistrusted(member)) log('introduction ignored', { peer: member.id })
    else if (message.type === 'offer') this.#answer(member, message)
    else this.#connect(member, message)
  }

  #passOn(member: Member, message: PassedOn): void {
    const receiver = this.#members.get(message.to)
    if (!receiver || receiver === member || !pass(receiver.outgoing)) return
    this.#send(receiver, { ...message, from: member.id })
  }

  #answer(member: Member, { from, offerId, sdp }: PassedOn): void {
    const { add, createConnection, knows, ownId } = this.#options
    if (from === ownId || from === member.id || knows(from)) return
    const connection = createConnection({ initiator: false })
    if (!connection) return
    connection.id = from
    this.#introducers.set(connection, member.id)
    connection.once('description', answer => {
      this.#send(member, { type: 'answer', from: ownId, to: from, offerId, sdp: answer.sdp })
    })
    if (add(connection)) connection.accept({ type: 'offer', sdp })
  }

  #connect(member: Member, { from, offerId, sdp }: PassedOn): void {
    const asked = this.#asked.get(offerId)
    if (asked?.id !== from || asked.introducer !== member.id) return
    this.#asked.delete(offerId)
    const { connection } = asked
    connection.id = from
    this.#introducers.set(connection, member.id)
    if (this.#options.add(connection)) connection.accept({ type: 'answer', sdp })
  }

  #isDistrusted({ id }: Member): boolean {
    return (this.#bannedBy.get(id) ?? 0) >= BANNED_MAX
  }

  #send({ wire }: Member, message: Parameters<typeof encodeIntroduction>[0]): void {
    if (!wire.destroyed) wire.extended(INTRODUCTIONS, encodeIntroduction(message))
  }
}

/** Takes one from `bucket`; false when it is empty. */
function pass(bucket: TokenBucket): boolean {
  if (bucket.wait(performance.now()) > 0) return false
  bucket.take(1)
  return true
}

const randomHex = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(8)), byte => byte.toString(16).padStart(2, '0')).join('')
