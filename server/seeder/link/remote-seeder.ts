import type { WebSocket } from 'ws'
import type { Log } from '../../base/log.ts'
import type { BucketClaims } from '../../bucket/claims.ts'
import type { FromSeeder, FromUploader, ToSeeder, ToUploader } from './messages.ts'
import type { OpenSeederLink, SeederLink } from './seeder-link.ts'
import { REPLACED, seederWire } from './seeder-wire.ts'

interface RemoteSeederOptions {
  readonly id: string
  /** Of the seeder, for the log. */
  readonly name: string
  /** Answers it when it uploads to the bucket; undefined without one. */
  readonly claims: BucketClaims | undefined
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

  /** The seeder (re)connected; `uploads`: it would upload to the bucket. */
  connected(socket: WebSocket, { uploads }: { readonly uploads: boolean }): void {
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
      else if (message.report === 'bucket') this.#answer(socket, message)
      else {
        if (message.report === 'ready')
          log.info({ port: message.port, seeder: name }, 'a seeder of another machine connected')
        this.#onMessage?.(message)
      }
    })
    this.send({ do: 'ice', iceServers: iceServers() })
    // One of an earlier version does not know what this means.
    if (uploads && this.#options.claims) this.#tell(socket, { do: 'upload' })
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

  #answer(socket: WebSocket, { ask, id }: FromUploader): void {
    const { claims, id: seeder, log } = this.#options
    claims
      ?.answer(seeder, ask)
      .then(answer => this.#tell(socket, { do: 'answer', id, answer }))
      .catch(reason => log.error({ err: reason }, 'a seeder that uploads is not answered'))
  }

  /** It may have gone meanwhile. */
  #tell(socket: WebSocket, message: ToUploader): void {
    if (socket.readyState === socket.OPEN) socket.send(seederWire.writeToSeeder(message))
  }
}
