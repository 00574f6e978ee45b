import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Reply } from '../http/reply.ts'
import { Access } from './access.ts'
import { AddressQuota, AddressQuotas } from './address-quotas.ts'
import { ClassicPeers } from './classic/classic-peers.ts'
import { announceOverHttp, scrapeOverHttp } from './classic/http-announce.ts'
import { UdpTracker } from './classic/udp.ts'
import { Counters, type Transport } from './counters.ts'
import { Intervals } from './intervals.ts'
import type { SharedBus } from './relay/bus.ts'
import { openRelay } from './relay/open.ts'
import type { Relay } from './relay/relay.ts'
import { seederQuery } from './seeder-query.ts'
import { StateFile } from './state-file.ts'
import {
  allSwarmStats,
  onlineShares,
  type SwarmPresence,
  type SwarmStats,
  swarmPresence,
  swarmStats,
  type TrackerStats,
  trackerStats,
} from './swarms/stats.ts'
import { type SwarmCounts, Swarms } from './swarms/swarms.ts'
import { Tab, type TabContext } from './tabs/tab.ts'
import type { TrackerOptions } from './tracker-options.ts'
import { UnknownShares } from './unknown-shares.ts'
import { Connection, type ConnectionContext } from './websocket/connection.ts'
import { answerHandshake, refusal } from './websocket/handshake.ts'
import { Outbox } from './websocket/outbox.ts'
import { comeBack, sendAway } from './websocket/send-away.ts'
import type { Id } from './wire-text.ts'

const TICK_MS = 2_500
const SWEEP_MS = 60_000

/** The tracker: swarms of published shares, over WebSocket, HTTP and UDP. */
export class Tracker {
  readonly counters: Counters
  readonly swarms: Swarms
  /** See `seederQuery`. */
  readonly seederQuery: string
  /** What joins this node with others; null when it is alone. */
  relay: Relay | null = null
  readonly #options: TrackerOptions
  readonly #access: Access
  readonly #quotas: AddressQuotas
  readonly #intervals = new Intervals(wholeNow)
  readonly #seederQuota = new AddressQuota('seeder')
  readonly #classic: ClassicPeers
  readonly #tabContext: TabContext
  readonly #connectionContext: ConnectionContext
  readonly #connections = new Map<Connection, AddressQuota>()
  readonly #timers: readonly NodeJS.Timeout[]
  #udp: UdpTracker | null = null
  #state: StateFile | null = null
  #shared: SharedBus | null = null
  #isDraining = false

  constructor(options: TrackerOptions) {
    const { limits: on, log, scrape, trackerAccess } = options
    const now = wholeNow
    const counters = new Counters(options.onRefused)
    this.counters = counters
    const limits = { on, scrape }
    this.#options = options
    this.seederQuery = seederQuery(options.seederToken)
    this.#access = new Access(trackerAccess)
    this.#quotas = new AddressQuotas({ limited: on, peersPerAddress: options.peersPerAddress })
    this.swarms = new Swarms({ access: this.#access, counters, now, limited: on })
    const onError = (error: unknown) => log.error({ err: error }, 'tracker message failed')
    const unknown = options.findShare && new UnknownShares(options.findShare)
    const common = { swarms: this.swarms, counters, limits, now, unknown }
    this.#classic = new ClassicPeers({
      ...common,
      interval: this.#intervals.classic,
      serverAddress: options.seederAddress,
    })
    this.#tabContext = {
      ...common,
      onError,
      relay: null,
      onAnnounced: options.onAnnounced && (seconds => options.onAnnounced?.('websocket', seconds)),
      interval: this.#intervals.tab,
    }
    this.#connectionContext = {
      outbox: new Outbox(),
      now,
      onError,
      onRefused: reason => counters.refused(reason),
      onClosed: connection => this.#closed(connection),
    }
    this.#timers = [setInterval(() => this.#tick(), TICK_MS), setInterval(() => this.#sweep(), SWEEP_MS)]
    if (!on) log.warn('TABSEED_LIMITS=off: the tracker has no limits; for load tests only')
  }

  /** Joins the swarms of the other nodes from now on. Call once, before there are clients. */
  join(shared: SharedBus): void {
    this.#shared = shared
    const onUp = () => this.#intervals.relayBack()
    const { counters, swarms } = this
    const connections = () => this.#connections.size
    const relay = openRelay(shared.bus, { swarms, counters, connections, onUp })
    this.relay = this.#classic.relay = this.#tabContext.relay = relay
    this.#intervals.isWhole = () => relay.isUp
    this.swarms.onChanged = swarm => relay.changed(swarm)
  }

  /** Restores what an earlier process saved at `path`, and saves there every minute. Call when all shares are admitted. */
  keepState(path: string): void {
    this.#state = new StateFile(path)
    if (this.#state.load(this.swarms, this.#options.log)) this.#intervals.restarted()
  }

  /** Saves what must outlive this process; a failure is logged. Never rejects. */
  async saveState(): Promise<void> {
    try {
      await this.#state?.save(this.swarms)
    } catch (error) {
      this.#options.log.error({ err: error }, 'cannot save the state of the tracker')
    }
  }

  /** Answers over UDP too (BEP 15); rejects when the port is in use. */
  async listenUdp(port: number, host: string): Promise<void> {
    this.#udp = await UdpTracker.listen(port, host, {
      peers: this.#classic,
      quotaOf: address => this.#quotas.of(address),
      sharedSecret: () => this.#shared?.secretFor('udp'),
      serverAddress: this.#options.seederAddress,
      onAnnounced: seconds => this.#options.onAnnounced?.('udp', seconds),
      onError: error => this.#options.log.error({ err: error }, 'tracker over UDP failed'),
    })
  }

  /** Takes over the connection of a WebSocket upgrade request (RFC 6455) to `/announce`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { accepted, head: answer } = answerHandshake(request)
    const quota = this.#quotaOf(request)
    if (!accepted) {
      socket.end(answer, 'latin1', () => socket.destroy())
    } else if (this.#isDraining) {
      socket.end(refusal('503 Service Unavailable', ['Retry-After: 5']).head, 'latin1', () =>
        socket.destroy(),
      )
    } else if (!this.#quotas.connect(quota)) {
      this.counters.refused('too_many_connections')
      socket.end(refusal('429 Too Many Requests', ['Retry-After: 60']).head, 'latin1', () => socket.destroy())
    } else {
      socket.write(answer, 'latin1')
      this.counters.connections += 1
      const connection = new Connection(socket, this.#connectionContext)
      this.#connections.set(connection, quota)
      connection.start(new Tab(connection, this.#tabContext, quota), head)
    }
  }

  /** Answers `GET /announce` (BEP 3). */
  announce(request: IncomingMessage, query: string): Reply | Promise<Reply> {
    const { origin, seederAddress } = this.#options
    return this.#timed('http', () =>
      announceOverHttp(this.#classic, query, {
        quota: this.#quotaOf(request),
        address: origin.clientAddress(request),
        serverAddress: seederAddress ?? origin.ownAddress(request),
      }),
    )
  }

  /** Answers `GET /scrape` (BEP 48). */
  scrape(request: IncomingMessage, query: string): Reply | Promise<Reply> {
    return scrapeOverHttp(this.#classic, query, this.#quotaOf(request))
  }

  /** Tracks a share from now on. */
  admit(infoHash: InfoHash): void {
    this.#access.admit(idOf(infoHash))
  }

  /** Leaves a share that is not listed out of answers about all swarms. */
  hide(infoHash: InfoHash): void {
    this.#access.hide(idOf(infoHash))
  }

  /** Undoes `hide`. */
  show(infoHash: InfoHash): void {
    this.#access.show(idOf(infoHash))
  }

  /** Stops tracking a deleted share, and tells its peers. */
  drop(infoHash: InfoHash): void {
    this.#access.expel(idOf(infoHash))
    this.swarms.drop(idOf(infoHash))
  }

  /** As `drop`, for a share that ended by itself: its peers are told so, now and when they ask again. */
  end(infoHash: InfoHash): void {
    this.#access.end(idOf(infoHash))
    this.swarms.drop(idOf(infoHash))
  }

  /** Nobody is told any more that it ended. */
  forget(infoHash: InfoHash): void {
    this.#access.forget(idOf(infoHash))
  }

  /** Refuses `infoHash` from now on, and tells its peers. */
  deny(infoHash: InfoHash): void {
    this.#access.deny(idOf(infoHash))
    this.drop(infoHash)
  }

  /** Undoes `deny`; the share must be admitted again. */
  allow(infoHash: InfoHash): void {
    this.#access.allow(idOf(infoHash))
  }

  /** Counts of one swarm; zeros when it has no peers. */
  counts(infoHash: InfoHash): SwarmCounts {
    return (this.relay ?? this.swarms).counts(idOf(infoHash))
  }

  /** Whether `infoHash` is tracked as a share. */
  isAdmitted(infoHash: InfoHash): boolean {
    return this.#access.isAdmitted(idOf(infoHash))
  }

  /** Whether it is one that is not listed. */
  isHidden(infoHash: InfoHash): boolean {
    return this.#access.isHidden(idOf(infoHash))
  }

  /** Number of admitted info hashes. */
  get admitted(): number {
    return this.#access.admitted
  }

  /** Number of those that are listed. */
  get listed(): number {
    return this.#access.admitted - this.#access.hidden
  }

  /** See `swarmStats`. */
  swarmStats(infoHash: InfoHash): SwarmStats | undefined {
    return swarmStats(this.swarms, idOf(infoHash))
  }

  /** See `allSwarmStats`. */
  allSwarmStats(): Iterable<SwarmStats> {
    return allSwarmStats(this.swarms)
  }

  /** See `swarmPresence`; somebody on another node is here too. */
  async presence(infoHash: InfoHash): Promise<SwarmPresence> {
    const { relay } = this
    const id = idOf(infoHash)
    const here = swarmPresence(this.swarms, id)
    if (relay === null || here.isOnline) return here
    await new Promise<void>(resolve => relay.whenKnown([id], resolve))
    return { ...here, isOnline: relay.hasSeed(id) }
  }

  /** See `onlineShares`. */
  onlineShares(): Iterable<InfoHash> {
    return onlineShares(this.swarms)
  }

  /** See `trackerStats`. */
  stats(): TrackerStats {
    return trackerStats(this.swarms, this.counters, this.#connections.size)
  }

  /** Takes no more connections, and closes those that are open over at most `spreadMs` milliseconds: see `sendAway`. */
  sendAway(spreadMs: number): Promise<void> {
    this.#isDraining = true
    return sendAway(this.#connections.keys(), spreadMs)
  }

  /** Stops; connections that are left are closed, and their tabs reconnect. */
  close(): void {
    for (const timer of this.#timers) clearInterval(timer)
    this.relay?.close().catch(() => undefined)
    this.#udp?.close()
    for (const connection of this.#connections.keys()) comeBack(connection)
  }

  #timed<T>(transport: Transport, handle: () => T): T {
    const start = performance.now()
    const result = handle()
    this.#options.onAnnounced?.(transport, (performance.now() - start) / 1000)
    return result
  }

  /** The quota that a request counts against. */
  #quotaOf(request: IncomingMessage): AddressQuota {
    if (request.url?.includes(this.seederQuery)) return this.#seederQuota
    return this.#quotas.of(this.#options.origin.limitedAddress(request))
  }

  #closed(connection: Connection): void {
    const quota = this.#connections.get(connection)
    if (quota !== undefined) quota.sockets -= 1
    this.#connections.delete(connection)
  }

  #tick(): void {
    const now = wholeNow()
    for (const connection of this.#connections.keys()) connection.tick(now)
  }

  #sweep(): Promise<void> {
    this.swarms.sweep()
    this.#quotas.sweep(wholeNow())
    return this.saveState()
  }
}

/** Whole milliseconds, because V8 stores small integers without allocating. */
const wholeNow = () => Math.floor(performance.now())

const idOf = (infoHash: InfoHash): Id => Buffer.from(infoHash, 'hex').toString('latin1')
