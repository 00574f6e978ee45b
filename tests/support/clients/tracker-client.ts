import { once } from 'node:events'
import { type ClientOptions, WebSocket } from 'ws'

type Message = Record<string, unknown>

const REPLY_LIMIT_MS = 5_000

/** 40 hex digits as the 20 characters of the WebSocket protocol. */
export const binary = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1')

/** A peer id made from `name`. */
export const peerIdNamed = (name: string): string => `-TS0001-${name}`.padEnd(20, '.').slice(0, 20)

/** A bare WebSocket to a tracker, to say what no client would say. */
export class TrackerClient {
  readonly socket: WebSocket
  readonly #messages: Message[] = []
  /** Resolves to the close code. */
  readonly closed: Promise<number>

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = once(socket, 'close').then(([code]) => code)
    socket.on('error', () => {})
    socket.on('message', data => this.#messages.push(JSON.parse(String(data))))
  }

  static async open(announceUrl: string, options: ClientOptions = {}): Promise<TrackerClient> {
    const client = new TrackerClient(new WebSocket(announceUrl, options))
    await once(client.socket, 'open')
    return client
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The first message, not yet taken, that has one of `keys`. */
  async take(...keys: readonly string[]): Promise<Message> {
    const signal = AbortSignal.timeout(REPLY_LIMIT_MS)
    for (;;) {
      const at = this.#messages.findIndex(message => keys.some(key => key in message))
      const [found] = at < 0 ? [] : this.#messages.splice(at, 1)
      if (found !== undefined) return found
      await once(this.socket, 'message', { signal }).catch(cause => {
        throw new Error(
          `no message with ${keys.join(' or ')} in time; there are ${JSON.stringify(this.#messages)}`,
          {
            cause,
          },
        )
      })
    }
  }

  /** Announce and return the tracker's own reply. */
  announce(infoHash: string, peerId: string, more: Message = {}): Promise<Message> {
    this.send({ action: 'announce', info_hash: binary(infoHash), peer_id: peerId, left: 100, ...more })
    return this.take('interval')
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
  }
}
