import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { addressBytes } from '../base/address.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import type { RequestOrigin } from '../http/origin.ts'
import type { Reply } from '../http/reply.ts'
import { Access } from './access.ts'
import { AddressUse, AddressUses } from './address-uses.ts'
import { ClassicPeers } from './classic/classic-peers.ts'
import { announceOverHttp, scrapeOverHttp } from './classic/http-announce.ts'
import { UdpTracker } from './classic/udp.ts'
import { Counters, type Transport } from './counters.ts'
import { ownQuery } from './seeder-query.ts'
import { StateFile } from './state-file.ts'
import {
  type SwarmSnapshot,
  swarmSnapshot,
  swarmSnapshots,
  type TrackerSnapshot,
  trackerSnapshot,
} from './swarms/stats.ts'
import type { Id } from './swarms/swarm.ts'
import { type SwarmCounts, Swarms } from './swarms/swarms.ts'
import { Tab, type TabContext } from './tabs/tab.ts'
import { Connection, type ConnectionContext } from './websocket/connection.ts'
import { CloseCode } from './websocket/frames.ts'
import { answerHandshake, refusal } from './websocket/handshake.ts'
import { Outbox } from './websocket/outbox.ts'

/** Seconds between announces. */
const TAB_INTERVAL = 120
const CLASSIC_INTERVAL = 600
/** The same after a restart, at least; up to half as much again, so that not all come at once. */
const TAB_GATHERING = 60
const CLASSIC_GATHERING = 120
const GATHERING_MS = 15 * 60_000

const TICK_MS = 2_500
const SWEEP_MS = 60_000

export interface TrackerOptions
  extends Pick<Config, 'limits' | 'scrape' | 'trackerAccess' | 'seederAddress' | 'seederToken'> {
  readonly log: Log
  readonly origin: RequestOrigin
  /** Told how many seconds each announce took; costs nothing when it is not there. */
  readonly onAnnounced?: ((transport: Transport, seconds: number) => void) | undefined
}

/** The tracker: swarms of published shares, and everything their peers reach it by. */
export class Tracker {
  readonly counters = new Counters()
  readonly swarms: Swarms
  /** See `ownQuery`. */
  readonly ownQuery: string
  readonly #options: TrackerOptions
  readonly #access: Access
  readonly #uses = new AddressUses()
  readonly #ownUse = new AddressUse(true)
  readonly #classic: ClassicPeers
  readonly #tabContext: TabContext
  readonly #connectionContext: ConnectionContext
  readonly #connections = new Map<Connection, AddressUse>()
  readonly #timers: readonly NodeJS.Timeout[]
  #udp: UdpTracker | null = null
  #state: StateFile | null = null
  /** Until then swarms find themselves together again after a restart. */
  #gatheringUntil = 0
  #hasWarned = false

  constructor(options: TrackerOptions) {
    const { limits: on, log, scrape, trackerAccess } = options
    const now = wholeNow
    const { counters } = this
    const limits = { on, scrape }
    this.#options = options
    this.ownQuery = ownQuery(options.seederToken)
    this.#access = new Access(trackerAccess)
    this.swarms = new Swarms({ access: this.#access, counters, now, limited: on })
    const common = { swarms: this.swarms, counters, limits, now }
    this.#classic = new ClassicPeers({
      ...common,
      interval: () => this.#interval(CLASSIC_INTERVAL, CLASSIC_GATHERING),
    })
    this.#tabContext = {
      ...common,
      onAnnounced: options.onAnnounced && (seconds => options.onAnnounced?.('websocket', seconds)),
      interval: () => this.#interval(TAB_INTERVAL, TAB_GATHERING),
    }
    this.#connectionContext = {
      outbox: new Outbox(),
      now,
      onError: error => log.error({ err: error }, 'tracker message failed'),
      onRefused: reason => counters.refused(reason),
      onClosed: connection => this.#closed(connection),
    }
    this.#timers = [setInterval(() => this.#tick(), TICK_MS), setInterval(() => this.#sweep(), SWEEP_MS)]
    if (!on) log.warn('TABSEED_LIMITS=off: the tracker takes whatever comes; this is for load tests only')
  }

  /** Go on with what an earlier run left at `path`, and save it there every minute; call when all shares are admitted. */
  keepState(path: string): void {
    this.#state = new StateFile(path)
    if (this.#state.load(this.swarms)) this.#gatheringUntil = wholeNow() + GATHERING_MS
  }

  /** Save what must outlive this process; a disk that does not take it is said in the log. */
  async saveState(): Promise<void> {
    try {
      await this.#state?.save(this.swarms)
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot save the state of the tracker')
    }
  }

  /** Answer over UDP too; rejects when the port is taken. */
  async listenUdp(port: number, host: string): Promise<void> {
    this.#udp = await UdpTracker.listen(port, host, {
      peers: this.#classic,
      addressUse: address => this.#uses.of(address),
      now: wholeNow,
      own: this.#options.seederAddress,
      onAnnounced: seconds => this.#options.onAnnounced?.('udp', seconds),
      onError: error => this.#options.log.error({ err: error }, 'tracker over UDP failed'),
    })
  }

  /** Take over the connection of an upgrade request to `/announce`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { accepted, head: answer } = answerHandshake(request)
    const use = this.#addressUse(request)
    if (!accepted) {
      socket.end(answer, 'latin1', () => socket.destroy())
    } else if (!this.#uses.connect(use, this.#options.limits)) {
      this.counters.refused('too_many_connections')
      socket.end(refusal('429 Too Many Requests', ['Retry-After: 60']).head, 'latin1', () => socket.destroy())
    } else {
      socket.write(answer, 'latin1')
      this.counters.connections += 1
      const connection = new Connection(socket, this.#connectionContext)
      this.#connections.set(connection, use)
      connection.start(new Tab(connection, this.#tabContext, use), head)
    }
  }

  /** Answer `GET /announce`. */
  announce(request: IncomingMessage, query: string): Reply {
    const { origin, seederAddress } = this.#options
    return this.#timed('http', () =>
      announceOverHttp(this.#classic, query, {
        use: this.#addressUse(request),
        address: origin.clientAddress(request),
        own: seederAddress ?? origin.ownAddress(request),
      }),
    )
  }

  /** Answer `GET /scrape`. */
  scrape(request: IncomingMessage, query: string): Reply {
    return scrapeOverHttp(this.#classic, query, this.#addressUse(request))
  }

  /** Allow a share to be announced. */
  admit(infoHash: InfoHash): void {
    this.#access.admit(idOf(infoHash))
  }

  /** Leave a share that is not listed out of answers about all swarms. */
  hide(infoHash: InfoHash): void {
    this.#access.hide(idOf(infoHash))
  }

  show(infoHash: InfoHash): void {
    this.#access.show(idOf(infoHash))
  }

  /** Stop tracking a share that is gone, and tell its peers. */
  drop(infoHash: InfoHash): void {
    this.#access.expel(idOf(infoHash))
    this.swarms.drop(idOf(infoHash))
  }

  /** Never track `infoHash`, whoever announces it. */
  deny(infoHash: InfoHash): void {
    this.#access.deny(idOf(infoHash))
    this.drop(infoHash)
  }

  allow(infoHash: InfoHash): void {
    this.#access.allow(idOf(infoHash))
  }

  counts(infoHash: InfoHash): SwarmCounts {
    return this.swarms.counts(idOf(infoHash))
  }

  /** Info hashes that are published, and how many of them are listed. */
  get admitted(): number {
    return this.#access.admitted
  }

  get listed(): number {
    return this.#access.admitted - this.#access.hidden
  }

  /** One swarm in numbers; undefined when nobody is or was in it. */
  swarmSnapshot(infoHash: InfoHash): SwarmSnapshot | undefined {
    return swarmSnapshot(this.swarms, idOf(infoHash))
  }

  /** Every swarm in numbers; see `swarmSnapshots`. */
  swarmSnapshots(): Iterable<SwarmSnapshot> {
    return swarmSnapshots(this.swarms)
  }

  /** All of it in numbers; see `trackerSnapshot`. */
  snapshot(): TrackerSnapshot {
    return trackerSnapshot(this.swarms, this.counters, this.#connections.size)
  }

  /** Tell every client to go, and to come back (1001). */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.#udp?.close()
    for (const connection of this.#connections.keys())
      connection.close(CloseCode.goingAway, 'server stopping')
  }

  #timed<T>(transport: Transport, handle: () => T): T {
    const start = performance.now()
    const result = handle()
    this.#options.onAnnounced?.(transport, (performance.now() - start) / 1000)
    return result
  }

  /** Whose limits a request counts for. */
  #addressUse(request: IncomingMessage): AddressUse {
    if (request.url?.includes(this.ownQuery)) return this.#ownUse
    const { log, origin } = this.#options
    if (origin.isProxyUnknown(request)) {
      if (!this.#hasWarned) log.warn(PROXY_UNKNOWN)
      this.#hasWarned = true
      return new AddressUse()
    }
    const bytes = addressBytes(origin.clientAddress(request) ?? '')
    return bytes === undefined ? new AddressUse() : this.#uses.of(bytes)
  }

  #interval(usual: number, gathering: number): number {
    if (wholeNow() >= this.#gatheringUntil) return usual
    return Math.round(gathering * (1 + Math.random() / 2))
  }

  #closed(connection: Connection): void {
    const use = this.#connections.get(connection)
    if (use !== undefined) use.sockets -= 1
    this.#connections.delete(connection)
  }

  #tick(): void {
    const now = wholeNow()
    for (const connection of this.#connections.keys()) connection.tick(now)
  }

  #sweep(): void {
    this.swarms.sweep()
    this.#uses.sweep(wholeNow())
    void this.saveState()
  }
}

const PROXY_UNKNOWN =
  'clients come through a proxy that TABSEED_TRUSTED_PROXIES does not name: all of them have its address, so limits by address do not hold'

/** Milliseconds; whole ones, because engines keep small whole numbers without an object for each. */
const wholeNow = () => Math.floor(performance.now())

const idOf = (infoHash: InfoHash): Id => Buffer.from(infoHash, 'hex').toString('latin1')
