import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { MESSAGE_MAX_BYTES } from '../../lib/protocol/announce.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../log.ts'
import { PeerSocket } from './peer-socket.ts'
import { Swarms } from './swarms.ts'

/** Proxies cut connections that are silent for 60 s (nginx's proxy_read_timeout). */
const PING_INTERVAL_MS = 30_000
const SWEEP_INTERVAL_MS = 60_000

/** The tracker: swarms of published shares, and the WebSockets of the peers in them. */
export class Tracker {
  readonly swarms = new Swarms()
  readonly #sockets = new Set<PeerSocket>()
  readonly #timers: readonly NodeJS.Timeout[]
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MESSAGE_MAX_BYTES,
    maxFragments: 16,
    maxBufferedChunks: 256,
  })

  readonly #log: Log

  constructor(log: Log) {
    this.#log = log
    this.#timers = [
      setInterval(() => this.#pingAll(), PING_INTERVAL_MS),
      setInterval(() => this.swarms.sweep(), SWEEP_INTERVAL_MS),
    ]
  }

  /** Take over the connection of an upgrade request to `/announce`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, webSocket => {
      const peerSocket = new PeerSocket(webSocket, this.swarms, this.#log)
      this.#sockets.add(peerSocket)
      webSocket.on('close', () => this.#sockets.delete(peerSocket))
    })
  }

  /** Allow a share to be announced. */
  admit(infoHash: InfoHash): void {
    this.swarms.admit(infoHash)
  }

  /** Stop tracking a share that is gone. */
  drop(infoHash: InfoHash): void {
    this.swarms.drop(infoHash)
  }

  /** Tell every client to go (1001). */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
    for (const socket of this.#sockets) socket.goAway()
  }

  #pingAll(): void {
    for (const socket of this.#sockets) socket.ping()
  }
}
