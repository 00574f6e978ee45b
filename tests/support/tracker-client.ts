import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { WebSocket } from 'ws'

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
  readonly #waiting = new Set<() => void>()
  /** Resolves to the close code. */
  readonly closed: Promise<number>

  private constructor(socket: WebSocket) {
    this.socket = socket
    this.closed = once(socket, 'close').then(([code]) => code)
    socket.on('error', () => {})
    socket.on('message', data => {
      this.#messages.push(JSON.parse(String(data)))
      for (const wake of this.#waiting) wake()
    })
  }

  static async open(announceUrl: string): Promise<TrackerClient> {
    const client = new TrackerClient(new WebSocket(announceUrl))
    await once(client.socket, 'open')
    return client
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message))
  }

  /** The first message, not yet taken, with `key` in it. */
  async take(key: string): Promise<Message> {
    const limit = new AbortController()
    try {
      return await Promise.race([this.#find(key), this.#giveUp(key, limit.signal)])
    } finally {
      limit.abort()
    }
  }

  /** Announce and return the tracker's own reply. */
  announce(infoHash: string, peerId: string, more: Message = {}): Promise<Message> {
    this.send({ action: 'announce', info_hash: binary(infoHash), peer_id: peerId, left: 100, ...more })
    return this.take('interval')
  }

  async #find(key: string): Promise<Message> {
    for (;;) {
      const at = this.#messages.findIndex(message => key in message)
      const [found] = at < 0 ? [] : this.#messages.splice(at, 1)
      if (found !== undefined) return found
      await new Promise<void>(wake => this.#waiting.add(wake))
    }
  }

  async #giveUp(key: string, signal: AbortSignal): Promise<never> {
    await after(REPLY_LIMIT_MS, undefined, { signal })
    throw new Error(`no message with "${key}"; there are ${JSON.stringify(this.#messages)}`)
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
  }
}
