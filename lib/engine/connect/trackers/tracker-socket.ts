import { BackOff } from '../../../base/back-off.ts'
import { debug } from '../../../base/debug.ts'
import { setBackgroundTimeout } from '../../../base/timer.ts'
import { parseTrackerReply, type TrackerReply } from '../../../protocol/announce.ts'
import { reasonOf } from './tracker-fault.ts'

const log = debug('engine:tracker')

/**
 * A lost tracker is dialled again after about a second, then less often, with jitter so that the clients of a restarted server
 * do not all return at once. Peers can be connected again within half a minute after it is back.
 */
const REDIAL_LIMITS = { firstMs: 1_000, maxMs: 20_000 }

/** Longest wait for an open socket, and for the answer to an announce: without one, the socket is dead. */
const OPEN_MAX_MS = 10_000
const ANSWER_MAX_MS = 6_000

/** A socket that is closed has this long to hand over what was sent last. */
const CLOSE_MAX_MS = 1_000

/** Opens a WebSocket. Errors: those of a URL that this page may not use. */
export type OpenSocket = (url: string) => WebSocket

/** A swarm that is announced over a socket. */
export interface SocketUser {
  /** 20 bytes, each a character. */
  readonly binaryHash: string
  /** The socket has opened, for the first time or again. */
  onOpen(): void
  onReply(reply: TrackerReply): void
  /** The socket closed, or did not open; it is dialled again by itself. `reason`: null where none is known. */
  onLost(reason: string | null): void
}

/**
 * The WebSocket to one tracker, for all swarms of a client: dialled when the first swarm joins, again whenever it is lost, and
 * closed when the last one leaves.
 */
export class TrackerSocket {
  readonly url: string
  readonly #openSocket: OpenSocket
  readonly #users = new Set<SocketUser>()
  readonly #backOff = new BackOff(REDIAL_LIMITS)
  #socket: WebSocket | null = null
  #state: 'closed' | 'dialling' | 'open' | 'lost' = 'closed'
  /** Of the socket that opens, or of the answer that is due. */
  #limit: ReturnType<typeof setTimeout> | null = null
  #redial: ReturnType<typeof setTimeout> | null = null

  constructor(url: string, openSocket: OpenSocket) {
    this.url = url
    this.#openSocket = openSocket
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  get isUsed(): boolean {
    return this.#users.size > 0
  }

  add(user: SocketUser): void {
    this.#users.add(user)
    if (this.#state === 'closed') this.#dial()
    else if (this.isOpen) user.onOpen()
  }

  /** Resolves once what `user` has sent is on its way. */
  async remove(user: SocketUser): Promise<void> {
    this.#users.delete(user)
    if (this.isUsed || this.#state === 'closed') return
    const socket = this.#drop()
    this.#state = 'closed'
    if (!socket || socket.readyState >= socket.CLOSING) return
    const closed = new Promise<void>(resolve => {
      socket.onclose = () => resolve()
      setBackgroundTimeout(resolve, CLOSE_MAX_MS)
    })
    socket.close()
    await closed
  }

  /** Dial now, if the socket was lost: the network may have changed. */
  wake(): void {
    if (this.#state !== 'lost') return
    this.#backOff.reset()
    this.#dial()
  }

  /** Send a message; it is lost while the socket is not open. `expectsAnswer`: the tracker answers it. */
  send(message: object, { expectsAnswer }: { readonly expectsAnswer: boolean }): void {
    if (!this.isOpen) return
    this.#socket?.send(JSON.stringify(message))
    // A socket whose path is gone (another network, an expired NAT mapping) stays open for minutes.
    if (expectsAnswer && this.#limit === null) this.#expect(ANSWER_MAX_MS)
  }

  #dial(): void {
    this.#drop()
    this.#state = 'dialling'
    log('dialling', { tracker: this.url, failures: this.#backOff.failures })
    let reason: string | null = null
    try {
      const socket = this.#openSocket(this.url)
      this.#socket = socket
      socket.binaryType = 'arraybuffer'
      socket.onopen = () => this.#open()
      socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#take(data)
      // Browsers do not say why.
      socket.onerror = event => {
        reason = 'error' in event ? reasonOf(event.error, this.url) : 'it cannot be reached'
      }
      socket.onclose = () => this.#lose(reason)
      this.#expect(OPEN_MAX_MS)
    } catch (error) {
      // Not at once: whoever adds itself has not finished.
      const why = reasonOf(error, this.url)
      this.#redial = setBackgroundTimeout(() => this.#lose(why), 0)
    }
  }

  #open(): void {
    this.#settle()
    this.#state = 'open'
    this.#backOff.reset()
    for (const user of [...this.#users]) user.onOpen()
  }

  #take(data: unknown): void {
    this.#settle()
    const text = data instanceof ArrayBuffer ? new TextDecoder().decode(data) : data
    const reply = typeof text === 'string' ? parseTrackerReply(text) : null
    if (!reply) {
      log('malformed message dropped', { tracker: this.url })
      return
    }
    for (const user of [...this.#users]) if (user.binaryHash === reply.info_hash) user.onReply(reply)
  }

  #expect(milliseconds: number): void {
    this.#limit = setBackgroundTimeout(() => {
      log('no answer: closing the socket', { tracker: this.url })
      this.#drop()?.close()
      this.#lose('no answer in time')
    }, milliseconds)
  }

  #settle(): void {
    if (this.#limit !== null) clearTimeout(this.#limit)
    this.#limit = null
  }

  #lose(reason: string | null): void {
    this.#drop()
    this.#state = 'lost'
    const delayMs = this.#backOff.next()
    log('lost', { tracker: this.url, reason, againInMs: Math.round(delayMs) })
    this.#redial = setBackgroundTimeout(() => this.#dial(), delayMs)
    for (const user of [...this.#users]) user.onLost(reason)
  }

  /** Forget the socket, whose events are ignored from now on. */
  #drop(): WebSocket | null {
    this.#settle()
    if (this.#redial !== null) clearTimeout(this.#redial)
    this.#redial = null
    const socket = this.#socket
    this.#socket = null
    if (!socket) return null
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    // `ws` throws what nobody listens for, as when it is closed while it opens.
    socket.onerror = () => undefined
    return socket
  }
}

/** The sockets of one client, by URL. */
export class TrackerSockets {
  readonly #openSocket: OpenSocket
  readonly #sockets = new Map<string, TrackerSocket>()

  constructor(openSocket: OpenSocket) {
    this.#openSocket = openSocket
  }

  /** The socket to the tracker at `url`. */
  at(url: string): TrackerSocket {
    for (const [other, socket] of this.#sockets) {
      if (other !== url && !socket.isUsed) this.#sockets.delete(other)
    }
    const socket = this.#sockets.get(url) ?? new TrackerSocket(url, this.#openSocket)
    this.#sockets.set(url, socket)
    return socket
  }
}
