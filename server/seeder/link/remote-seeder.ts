import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Log } from '../../base/log.ts'
import { refusal } from '../../tracker/websocket/handshake.ts'
import type { FromSeeder, ToSeeder } from './messages.ts'
import type { SeederLink } from './seeder-link.ts'
import { REPLACED, SEEDER_MESSAGE_MAX, seederWire } from './seeder-wire.ts'

/** A connection that is silent for two of these is dead. Each one also brings fresh TURN credentials. */
const HEARTBEAT_MS = 15_000

interface RemoteSeederOptions {
  /** Shared secret: whoever presents it is our seeder. */
  readonly token: string
  /** With TURN credentials that are valid from now on, for at least a minute. */
  readonly iceServers: () => readonly RTCIceServer[]
  readonly log: Log
}

/**
 * The server's end of a seeder on another machine, which connects by WebSocket and presents the token. There is one at
 * a time: a new connection replaces the earlier one, which is closed with `REPLACED`.
 */
export class RemoteSeeder implements SeederLink {
  readonly #options: RemoteSeederOptions
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: SEEDER_MESSAGE_MAX,
  })
  readonly #heartbeat: NodeJS.Timeout
  #onMessage: ((message: FromSeeder) => void) | null = null
  #socket: WebSocket | null = null
  #isAlive = false

  constructor(options: RemoteSeederOptions) {
    this.#options = options
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
  }

  get isAway(): boolean {
    return this.#socket === null
  }

  /** From now on seeders may connect; `onMessage` gets their messages. */
  open(onMessage: (message: FromSeeder) => void): SeederLink {
    this.#onMessage = onMessage
    return this
  }

  /** Takes over the connection of an upgrade request to `SEEDER_PATH`; 401 without the token, 503 before `open`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string) => socket.end(refusal(status).head, 'latin1', () => socket.destroy())
    const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (given === undefined || !timingSafeEqual(sha256(given), sha256(this.#options.token))) {
      refuse('401 Unauthorized')
    } else if (this.#onMessage === null) refuse('503 Service Unavailable')
    else this.#webSockets.handleUpgrade(request, socket, head, webSocket => this.#connected(webSocket))
  }

  send(message: ToSeeder): void {
    // These name files of this machine.
    if (message.do === 'seed' || message.do === 'touch' || message.do === 'check') return
    this.#socket?.send(seederWire.writeToSeeder(message))
  }

  async stop(): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#onMessage = null
    this.#socket?.close(1001)
  }

  #connected(socket: WebSocket): void {
    const { iceServers, log } = this.#options
    this.#socket?.close(REPLACED)
    this.#socket = socket
    this.#isAlive = true
    socket.on('error', () => undefined)
    socket.on('pong', () => {
      if (socket === this.#socket) this.#isAlive = true
    })
    socket.on('close', () => {
      if (socket !== this.#socket) return
      this.#socket = null
      log.warn('the seeder of another machine is away')
    })
    socket.on('message', data => {
      if (socket !== this.#socket) return
      const message = seederWire.readFromSeeder(String(data))
      // Perhaps it is another version: closing makes both sides log it.
      if (message === null) socket.close(1007)
      else {
        if (message.report === 'ready')
          log.info({ port: message.port }, 'a seeder of another machine connected')
        this.#onMessage?.(message)
      }
    })
    this.send({ do: 'ice', iceServers: iceServers() })
  }

  #beat(): void {
    if (this.#socket === null) return
    if (!this.#isAlive) {
      this.#socket.terminate()
      return
    }
    this.#isAlive = false
    this.#socket.ping()
    this.send({ do: 'ice', iceServers: this.#options.iceServers() })
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
