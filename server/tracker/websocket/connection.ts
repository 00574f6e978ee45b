import type { Duplex } from 'node:stream'
import { MESSAGE_MAX_BYTES } from '../../../lib/protocol/announce.ts'
import { REFUSALS, type Refusal } from '../refusals.ts'
import type { Link } from '../tabs/tab.ts'
import { type FrameHandler, FrameReader } from './frame-reader.ts'
import { CloseCode, closePayload, frame, Opcode } from './frames.ts'
import type { Outbox } from './outbox.ts'

/** Handles the messages of a connection. */
interface Receiver {
  receive(text: string): void
  closed(): void
}

/** What all connections of a server share. */
export interface ConnectionContext {
  readonly outbox: Outbox
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Gets unexpected errors. */
  readonly onError: (error: unknown) => void
  /** Called when a connection is closed because of its client, for counters. */
  readonly onRefused: (reason: Refusal) => void
  /** Called once for each connection. */
  readonly onClosed: (connection: Connection) => void
}

const READER_LIMITS = { messageMax: MESSAGE_MAX_BYTES, fragmentsMax: 16 }

/** Most bytes that are buffered for a client that does not read. */
const UNREAD_MAX_BYTES = 256 * 1024
/** The first message of a client must come within this time. */
const FIRST_MESSAGE_LIMIT_MS = 10_000
/** Proxies cut connections that are silent for 60 s (nginx's proxy_read_timeout). */
const PING_AFTER_MS = 30_000
const MISSED_PINGS_MAX = 2
/** How long a probed connection has to answer. */
const PROBE_LIMIT_MS = 5_000
/** How long the other side may take to close a connection that we closed. */
const CLOSE_LIMIT_MS = 3_000

/** No deadline. */
const NEVER = 0

/** Where the listeners, which all sockets share, find the connection of a socket. */
const CONNECTION = Symbol('connection')
type OwnedSocket = Duplex & { [CONNECTION]?: Connection }

/**
 * A WebSocket (RFC 6455) of one client, on the socket of an accepted upgrade. Most of thousands are idle, so each takes
 * little memory: it has no timers and no listeners of its own, and `tick` is called every few seconds.
 */
export class Connection implements Link, FrameHandler {
  readonly #socket: OwnedSocket
  readonly #context: ConnectionContext
  readonly #reader = new FrameReader(this, READER_LIMITS)
  #receiver: Receiver | null = null
  #out = ''
  #state: 'fresh' | 'open' | 'closing' | 'closed' = 'fresh'
  /** When it was opened or last pinged. */
  #pingedAt: number
  #missedPings = 0
  /** When it is closed unless something is received, or unless it is closed by then. */
  #deadline: number

  constructor(socket: Duplex, context: ConnectionContext) {
    this.#socket = socket
    this.#context = context
    this.#pingedAt = context.now()
    this.#deadline = this.#pingedAt + FIRST_MESSAGE_LIMIT_MS
  }

  /** Starts to read: first `head`, which came with the upgrade request, then the socket. */
  start(receiver: Receiver, head: Buffer): void {
    this.#receiver = receiver
    const socket = this.#socket
    socket[CONNECTION] = this
    socket.on('data', onData)
    socket.on('end', onEnd)
    socket.on('close', onClose)
    if (head.length > 0) this.read(head)
  }

  /** Sends a text message, one byte of UTF-8 a UTF-16 unit. */
  send(text: string): void {
    if (this.#isOpen) this.#put(frame(Opcode.text, text))
  }

  /** Writes what was collected; called by the outbox. */
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

  /** Closes with 1008 (policy violation) and `detail` as the reason. */
  refuse(reason: Refusal, detail: string = REFUSALS[reason]): void {
    this.close(CloseCode.policyViolation, detail)
  }

  /** Sends a close frame (RFC 6455 section 5.5.1) after what was sent before; `reason` is ASCII. */
  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#put(frame(Opcode.close, closePayload(code, reason)))
    this.#end()
  }

  /** Pings, and closes the connection unless something is received within 5 s. */
  probe(): void {
    if (!this.#isOpen) return
    if (this.#deadline === NEVER) this.#deadline = this.#context.now() + PROBE_LIMIT_MS
    this.#put(frame(Opcode.ping, ''))
  }

  /** Pings an idle connection, and ends one whose deadline is over. Called every few seconds. */
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
    this.#received()
    this.#receiver?.receive(text)
  }

  ping(payload: string): void {
    this.#received()
    this.#put(frame(Opcode.pong, payload))
  }

  pong(): void {
    this.#received()
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

  /** Queues bytes, one a UTF-16 unit, to be sent after this turn of the event loop. */
  #put(bytes: string): void {
    if (this.#out === '') this.#context.outbox.add(this)
    this.#out += bytes
  }

  #received(): void {
    this.#missedPings = 0
    // Pings alone do not keep a connection open: the first message has its own limit.
    if (this.#state === 'open') this.#deadline = NEVER
  }

  /** The other side closed its half of the socket. */
  ended(): void {
    this.#socket.destroy()
  }

  /** The socket is closed. */
  closed(): void {
    this.#state = 'closed'
    this.#reader.stop()
    this.#release()
    this.#context.onClosed(this)
  }

  /** Handles bytes from the socket. */
  read(chunk: Buffer): void {
    // After a close frame, bytes are read and dropped: otherwise the other side would never read our close frame.
    if (!this.#isOpen) return
    try {
      this.#reader.push(chunk)
    } catch (error) {
      // Input is checked beforehand; an unexpected error closes this connection only.
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
