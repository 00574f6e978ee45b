import type { Duplex } from 'node:stream'
import { MESSAGE_MAX_BYTES } from '../../../lib/protocol/announce.ts'
import { REFUSALS, type Refusal } from '../refusals.ts'
import type { Link } from '../tabs/tab.ts'
import { type FrameHandler, FrameReader } from './frame-reader.ts'
import { CloseCode, closePayload, frame, Opcode } from './frames.ts'
import type { Outbox } from './outbox.ts'

/** What takes the messages of a connection. */
interface Receiver {
  receive(text: string): void
  closed(): void
}

/** What all connections of a server have in common. */
export interface ConnectionContext {
  readonly outbox: Outbox
  readonly now: () => number
  /** Something failed that should not. */
  readonly onError: (error: unknown) => void
  readonly onRefused: (reason: Refusal) => void
  /** Called once for each. */
  readonly onClosed: (connection: Connection) => void
}

const READER_LIMITS = { messageMax: MESSAGE_MAX_BYTES, fragmentsMax: 16 }

/** Bytes we hold for a client that does not read. */
const UNREAD_MAX_BYTES = 256 * 1024
/** A client says something within so long, or is no client of a tracker. */
const FIRST_MESSAGE_LIMIT_MS = 10_000
/** Proxies cut connections that are silent for 60 s (nginx's proxy_read_timeout). */
const PING_AFTER_MS = 30_000
const MISSED_PINGS_MAX = 2
/** How long a silent connection keeps a peer id that another one asks for. */
const PROBE_LIMIT_MS = 5_000
/** How long the other side may take to end a connection that we closed. */
const CLOSE_LIMIT_MS = 3_000

/** No deadline. */
const NEVER = 0

/** Where a socket's listeners, which all sockets share, find the connection. */
const CONNECTION = Symbol('connection')
type OwnedSocket = Duplex & { [CONNECTION]?: Connection }

/**
 * A WebSocket (RFC 6455) of one client, on the socket of an accepted upgrade. There are thousands that say nothing, so it
 * has no timers and no listeners of its own: `tick` is called every few seconds.
 */
export class Connection implements Link, FrameHandler {
  readonly #socket: OwnedSocket
  readonly #context: ConnectionContext
  readonly #reader = new FrameReader(this, READER_LIMITS)
  #receiver: Receiver | null = null
  #out = ''
  #state: 'fresh' | 'open' | 'closing' | 'closed' = 'fresh'
  /** When it was last known to be there, and when it was last pinged. */
  #heardAt: number
  #pingedAt: number
  #missedPings = 0
  /** When it must have said something, or have ended. */
  #deadline: number

  constructor(socket: Duplex, context: ConnectionContext) {
    this.#socket = socket
    this.#context = context
    this.#heardAt = this.#pingedAt = context.now()
    this.#deadline = this.#heardAt + FIRST_MESSAGE_LIMIT_MS
  }

  /** Read from now on, beginning with `head`. */
  start(receiver: Receiver, head: Buffer): void {
    this.#receiver = receiver
    const socket = this.#socket
    socket[CONNECTION] = this
    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('close', onClose)
    if (head.length > 0) this.read(head)
  }

  send(text: string): void {
    if (this.#isOpen) this.#put(frame(Opcode.text, text))
  }

  /** Called by the outbox. */
  flush(): void {
    const bytes = this.#out
    this.#out = ''
    if (this.#state === 'closed') return
    this.#socket.write(bytes, 'latin1')
    if (this.#state === 'closing') this.#socket.end()
    if (this.#socket.writableLength <= UNREAD_MAX_BYTES) return
    this.#context.onRefused('too_slow')
    this.#socket.destroy()
  }

  refuse(reason: Refusal, detail: string = REFUSALS[reason]): void {
    this.close(CloseCode.policyViolation, detail)
  }

  /** Say goodbye; what was sent before still arrives. */
  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#put(frame(Opcode.close, closePayload(code, reason)))
    this.#end()
  }

  /** Ping; whoever does not answer within 5 s is gone. */
  probe(): void {
    if (!this.#isOpen) return
    if (this.#deadline === NEVER) this.#deadline = this.#context.now() + PROBE_LIMIT_MS
    this.#put(frame(Opcode.ping, ''))
  }

  /** Called every few seconds. */
  tick(now: number): void {
    if (this.#deadline !== NEVER && now >= this.#deadline) {
      this.#expire()
    } else if (this.#isOpen && now - this.#pingedAt >= PING_AFTER_MS) {
      if (this.#missedPings >= MISSED_PINGS_MAX) {
        this.#context.onRefused('silent')
        this.#socket.destroy()
        return
      }
      this.#missedPings += 1
      this.#pingedAt = now
      this.#put(frame(Opcode.ping, ''))
    }
  }

  message(text: string): void {
    this.#state = 'open'
    this.#heard()
    this.#receiver?.receive(text)
  }

  ping(payload: string): void {
    this.#heard()
    this.#put(frame(Opcode.pong, payload))
  }

  pong(): void {
    this.#heard()
  }

  closing(code: number): void {
    if (!this.#isOpen) return
    const payload = code === CloseCode.noStatus ? '' : closePayload(code, '')
    this.#put(frame(Opcode.close, payload))
    this.#end()
  }

  failed(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#context.onRefused('protocol')
    this.close(code, reason)
  }

  get #isOpen(): boolean {
    return this.#state === 'fresh' || this.#state === 'open'
  }

  /** Bytes to send, one a UTF-16 unit, after this turn of the event loop. */
  #put(bytes: string): void {
    if (this.#out === '') this.#context.outbox.add(this)
    this.#out += bytes
  }

  #heard(): void {
    this.#missedPings = 0
    // A connection is not kept open by pings alone: the first message has its own limit.
    if (this.#state === 'open') this.#deadline = NEVER
  }

  /** The other side sends no more. */
  ended(): void {
    this.#socket.destroy()
  }

  /** The socket is gone. */
  closed(): void {
    this.#state = 'closed'
    this.#reader.stop()
    this.#release()
    this.#context.onClosed(this)
  }

  /** Take bytes from the socket. */
  read(chunk: Buffer): void {
    // What comes after the goodbye is read only to be thrown away, or its sender would never see ours.
    if (!this.#isOpen) return
    try {
      this.#reader.push(chunk)
    } catch (error) {
      // Input is checked before it gets anywhere; should something still fail, it fails for this client only.
      this.#context.onError(error)
      this.close(CloseCode.internalError, '')
    }
  }

  #end(): void {
    this.#state = 'closing'
    this.#deadline = this.#context.now() + CLOSE_LIMIT_MS
    this.#reader.stop()
    this.#release()
  }

  #expire(): void {
    if (this.#state === 'fresh') {
      this.#context.onRefused('silent')
      this.refuse('silent')
    } else {
      this.#socket.destroy()
    }
  }

  #release(): void {
    this.#receiver?.closed()
    this.#receiver = null
  }
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[CONNECTION]?.read(chunk)
}

function onEnd(this: OwnedSocket): void {
  this[CONNECTION]?.ended()
}

function onClose(this: OwnedSocket): void {
  this[CONNECTION]?.closed()
}
