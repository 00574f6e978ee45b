import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { Log } from '../../base/log.ts'
import type { BucketClaims } from '../../bucket/claims.ts'
import { refusal } from '../../tracker/websocket/handshake.ts'
import { identityIn, type SeederIdentity, uploadsIn } from './identity.ts'
import { RemoteSeeder } from './remote-seeder.ts'
import type { OpenSeederLink } from './seeder-link.ts'
import { SEEDER_MESSAGE_MAX } from './seeder-wire.ts'

/** A connection that is silent for two of these is dead. Each one also brings fresh TURN credentials. */
const HEARTBEAT_MS = 15_000

interface RemoteSeedersOptions {
  /** Shared secret: whoever presents it is one of our seeders. */
  readonly token: string
  /** Answers those that upload to the bucket; undefined without one. */
  readonly claims: BucketClaims | undefined
  /** With TURN credentials that are valid from now on, for at least a minute. */
  readonly iceServers: () => readonly RTCIceServer[]
  readonly log: Log
}

/** Told of each seeder that connects for the first time, or under another name or zone than before. */
type OnSeeder = (identity: SeederIdentity, openLink: OpenSeederLink) => void

/** The server's end of seeders on other machines, which connect by WebSocket and present the token. */
export class RemoteSeeders {
  readonly #options: RemoteSeedersOptions
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: SEEDER_MESSAGE_MAX,
  })
  readonly #heartbeat: NodeJS.Timeout
  readonly #links = new Map<string, RemoteSeeder>()
  #onSeeder: OnSeeder | null = null

  constructor(options: RemoteSeedersOptions) {
    this.#options = options
    this.#heartbeat = setInterval(() => {
      for (const link of this.#links.values()) link.beat()
    }, HEARTBEAT_MS)
  }

  /** From now on seeders may connect. */
  open(onSeeder: OnSeeder): void {
    this.#onSeeder = onSeeder
  }

  /** Takes over the connection of an upgrade request to `SEEDER_PATH`; 401 without the token, 503 before `open`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (status: string) => socket.end(refusal(status).head, 'latin1', () => socket.destroy())
    const given = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    const identity = identityIn(request.url ?? '')
    if (given === undefined || !timingSafeEqual(sha256(given), sha256(this.#options.token))) {
      refuse('401 Unauthorized')
    } else if (this.#onSeeder === null) refuse('503 Service Unavailable')
    else if (identity === null) refuse('400 Bad Request')
    else
      this.#webSockets.handleUpgrade(request, socket, head, webSocket =>
        this.#linkOf(identity)?.connected(webSocket, { uploads: uploadsIn(request.url ?? '') }),
      )
  }

  async stop(): Promise<void> {
    clearInterval(this.#heartbeat)
    this.#onSeeder = null
    for (const link of this.#links.values()) await link.stop()
  }

  #linkOf(identity: SeederIdentity): RemoteSeeder | null {
    const { claims, iceServers, log } = this.#options
    const { id, name } = identity
    const link = this.#links.get(id) ?? new RemoteSeeder({ id, name, claims, iceServers, log })
    this.#links.set(identity.id, link)
    this.#onSeeder?.(identity, link.open)
    return link
  }
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
