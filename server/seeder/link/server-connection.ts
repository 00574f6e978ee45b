import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { AppError } from '../../../lib/base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { FromSeeder, ToSeeder } from './messages.ts'
import { REPLACED, SEEDER_MESSAGE_MAX, SEEDER_PATH, seederWire } from './seeder-wire.ts'

const RETRY_MIN_MS = 1_000
const RETRY_MAX_MS = 60_000
/** A connection that stood for so long did not fail at its start. */
const STEADY_MS = 30_000
const HANDSHAKE_MAX_MS = 10_000
/** The server pings four times in it. */
const SILENCE_MAX_MS = 60_000

interface ServerConnectionOptions {
  /** Origin of the server. */
  readonly server: string
  readonly token: string
  readonly log: Log
  readonly heed: (message: ToSeeder) => void
  /** Called at each connection; the server knows nothing of us yet. */
  readonly onOpen: () => void
}

/** The seeder's end of its connection to a server on another machine: made by the seeder, and made again whenever it ends. */
export class ServerConnection {
  readonly #options: ServerConnectionOptions
  #socket: WebSocket | null = null

  constructor(options: ServerConnectionOptions) {
    this.#options = options
  }

  /** What is told while there is no server is lost: who connects again says all that is so. */
  tell(message: FromSeeder): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(seederWire.writeFromSeeder(message))
  }

  /**
   * Stay connected until `signal` is aborted. Errors: `cancelled` then, `seeder_token_wrong`, `seeder_not_taken` (that
   * server wants none, which is believed the first time only: later it may be a proxy whose server starts anew),
   * `seeder_replaced`.
   */
  async run(signal: AbortSignal): Promise<never> {
    let wait = RETRY_MIN_MS
    let wasConnected = false
    for (;;) {
      const start = performance.now()
      const status = await this.#connect(signal)
      if (signal.aborted) throw new AppError('cancelled')
      if (status === 'open') wasConnected = true
      else if (status === 401) throw new AppError('seeder_token_wrong', this.#options.server)
      else if (status === 404 && !wasConnected) throw new AppError('seeder_not_taken', this.#options.server)
      if (performance.now() - start > STEADY_MS) wait = RETRY_MIN_MS
      this.#options.log.warn(
        { againInMs: wait, ...(typeof status === 'number' && { status }) },
        'no connection to the server',
      )
      // Not all of a server that comes back at the same moment.
      await delay(wait * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
      wait = Math.min(RETRY_MAX_MS, 2 * wait)
    }
  }

  /** One connection until its end: what became of it, or the HTTP status it was refused with. */
  #connect(signal: AbortSignal): Promise<'open' | 'unreachable' | number> {
    const { heed, log, onOpen, server, token } = this.#options
    const url = `${server.replace(/^http/, 'ws')}${SEEDER_PATH}`
    return new Promise((resolve, reject) => {
      let outcome: 'open' | 'unreachable' | number = 'unreachable'
      const socket = new WebSocket(url, {
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
        // It was never open, so it closes at once.
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
        else heed(message)
      })
      socket.on('close', code => {
        clearTimeout(silence)
        signal.removeEventListener('abort', end)
        if (code === REPLACED) reject(new AppError('seeder_replaced', server))
        else resolve(outcome)
      })
      if (signal.aborted) end()
    })
  }
}
