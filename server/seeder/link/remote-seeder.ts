import type { WebSocket } from 'ws'
import type { Log } from '../../base/log.ts'
import type { FromSeeder, ToSeeder } from './messages.ts'
import type { OpenSeederLink, SeederLink } from './seeder-link.ts'
import { REPLACED, seederWire } from './seeder-wire.ts'

interface RemoteSeederOptions {
  /** Of the seeder, for the log. */
  readonly name: string
  readonly iceServers: () => readonly RTCIceServer[]
  readonly log: Log
}

/**
 * The server's end of one seeder on another machine. A new connection of the same identity replaces the earlier one, which is
 * closed with `REPLACED`: it is the same seeder that came back, or a copy of its folder.
 */
export class RemoteSeeder implements SeederLink {
  readonly #options: RemoteSeederOptions
  #onMessage: ((message: FromSeeder) => void) | null = null
  #socket: WebSocket | null = null
  #isAlive = false

  constructor(options: RemoteSeederOptions) {
    this.#options = options
  }

  get isAway(): boolean {
    return this.#socket === null
  }

  readonly open: OpenSeederLink = onMessage => {
    this.#onMessage = onMessage
    return this
  }

  send(message: ToSeeder): void {
    // These name files of this machine.
    if (message.do === 'seed' || message.do === 'touch' || message.do === 'check') return
    this.#socket?.send(seederWire.writeToSeeder(message))
  }

  async stop(): Promise<void> {
    this.#onMessage = null
    this.#socket?.close(1001)
  }

  /** The seeder (re)connected. */
  connected(socket: WebSocket): void {
    const { iceServers, log, name } = this.#options
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
      log.warn({ seeder: name }, 'the seeder of another machine is away')
    })
    socket.on('message', data => {
      if (socket !== this.#socket) return
      const message = seederWire.readFromSeeder(String(data))
      // Perhaps it is another version: closing makes both sides log it.
      if (message === null) socket.close(1007)
      else {
        if (message.report === 'ready')
          log.info({ port: message.port, seeder: name }, 'a seeder of another machine connected')
        this.#onMessage?.(message)
      }
    })
    this.send({ do: 'ice', iceServers: iceServers() })
  }

  /** Ends a connection that was silent since the last call. */
  beat(): void {
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
