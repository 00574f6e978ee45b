import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { BackOff } from '../../../lib/base/back-off.ts'
import { AppError } from '../../../lib/base/errors.ts'
import { webSocketUrl } from '../../../lib/base/web-socket-url.ts'
import type { Log } from '../../base/log.ts'
import { socketAgent } from '../../node-engine/socket-agent.ts'
import { identityQuery, type SeederIdentity } from './identity.ts'
import type { FromSeeder, FromUploader, ToSeeder, ToUploader } from './messages.ts'
import { REPLACED, SEEDER_MESSAGE_MAX, SEEDER_PATH, seederWire } from './seeder-wire.ts'

const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 60_000
/** A connection that lasted this long did not fail at its start. */
const STEADY_MS = 30_000
const HANDSHAKE_MAX_MS = 10_000
/** The server pings four times within it. */
const SILENCE_MAX_MS = 60_000

interface ServerConnectionOptions {
  /** Origin of the server. */
  readonly server: string
  readonly token: string
  /** Who this seeder is. */
  readonly identity: SeederIdentity
  readonly log: Log
  readonly onMessage: (message: ToSeeder) => void
  /** Takes what concerns the bucket; undefined: this seeder has none. */
  readonly onUploads: ((message: ToUploader) => void) | undefined
  /** Called after each connection; the server knows no state yet. */
  readonly onOpen: () => void
  /** Called when a connection ends, or could not be made. */
  readonly onClose: () => void
}

/** The seeder's end of its connection to a server on another machine. The seeder connects, and reconnects whenever the connection ends. */
export class ServerConnection {
  readonly #options: ServerConnectionOptions
  #socket: WebSocket | null = null

  constructor(options: ServerConnectionOptions) {
    this.#options = options
  }

  /** Messages sent while there is no connection are lost: `onOpen` resends the full state. */
  send(message: FromSeeder | FromUploader): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(seederWire.writeFromSeeder(message))
  }

  /**
   * Stay connected until `signal` is aborted. Errors: `cancelled` then, `seeder_token_wrong`, `seeder_not_taken` (the
   * server has no such seeder; fatal at the first attempt only, because later it may be a proxy whose server restarts),
   * `seeder_replaced`.
   */
  async run(signal: AbortSignal): Promise<never> {
    const backOff = new BackOff({ firstMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS })
    let wasConnected = false
    for (;;) {
      const start = performance.now()
      const status = await this.#connect(signal)
      if (signal.aborted) throw new AppError('cancelled')
      if (status === 'open') wasConnected = true
      else if (status === 401) throw new AppError('seeder_token_wrong', this.#options.server)
      else if (status === 404 && !wasConnected) throw new AppError('seeder_not_taken', this.#options.server)
      if (performance.now() - start > STEADY_MS) backOff.reset()
      const wait = Math.round(backOff.next())
      this.#options.log.warn(
        { againInMs: wait, ...(typeof status === 'number' && { status }) },
        'no connection to the server',
      )
      await delay(wait, undefined, { signal }).catch(() => undefined)
    }
  }

  /** One connection until its end: its outcome, or the HTTP status that refused it. */
  #connect(signal: AbortSignal): Promise<'open' | 'unreachable' | number> {
    const { identity, onMessage, onUploads, log, onOpen, server, token } = this.#options
    const query = identityQuery(identity, { uploads: onUploads !== undefined })
    const url = `${webSocketUrl(server)}${SEEDER_PATH}${query}`
    return new Promise((resolve, reject) => {
      let outcome: 'open' | 'unreachable' | number = 'unreachable'
      const socket = new WebSocket(url, {
        agent: socketAgent(),
        headers: { authorization: `Bearer ${token}` },
        handshakeTimeout: HANDSHAKE_MAX_MS,
        maxPayload: SEEDER_MESSAGE_MAX,
        perMessageDeflate: false,
      })
      this.#socket = socket
      const silence = setTimeout(() => socket.terminate(), SILENCE_MAX_MS)
      const end = () => socket.close(1001)
      signal.addEventListener('abort', end, { once: true })
      socket.on('ping', () => silence.refresh())
      socket.on('error', () => undefined)
      socket.on('unexpected-response', (_request, response) => {
        outcome = response.statusCode ?? 0
        // It was never open, so this closes it at once.
        socket.terminate()
      })
      socket.on('open', () => {
        outcome = 'open'
        log.info('connected to the server')
        onOpen()
      })
      socket.on('message', data => {
        const message = seederWire.readToSeeder(String(data))
        if (message === null) socket.close(1007)
        else if (message.do === 'upload' || message.do === 'answer') onUploads?.(message)
        else onMessage(message)
      })
      socket.on('close', code => {
        clearTimeout(silence)
        signal.removeEventListener('abort', end)
        this.#options.onClose()
        if (code === REPLACED) reject(new AppError('seeder_replaced', server))
        else resolve(outcome)
      })
      if (signal.aborted) end()
    })
  }
}
