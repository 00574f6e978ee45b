import { setTimeout as delay } from 'node:timers/promises'
import { debug } from '../../../lib/base/debug.ts'
import { AppError, toAppError } from '../../../lib/base/errors.ts'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { SwarmNetwork } from '../../../lib/network/swarm-network.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import type { Log } from '../../base/log.ts'
import { nodeClientOptions } from '../../node-engine/client-options.ts'
import { openFileStore } from '../../node-engine/file-store.ts'
import type { CacheReport, DropReason, FromSeeder, SeederOptions } from '../link/messages.ts'
import { type CacheEntry, type CacheRecord, CacheRecords, newRecord } from './cache-records.ts'
import { CopyChecks } from './copy-checks.ts'
import { CopyReports, reportOf, unopenedReport } from './copy-reports.ts'
import { openLocations } from './locations.ts'
import { isExpired } from './policy.ts'
import { Room } from './room.ts'
import { UnlistedShares } from './unlisted.ts'

const debugLog = debug('seeder')

/** How often records are saved and expired shares are dropped. */
const HOUSEKEEPING_MS = 60_000

/**
 * Caches shares: joins their swarms, fetches them from the tabs that have them, and seeds them to tabs over WebRTC and to
 * classic clients over TCP. The cached shares are on disk and are seeded again after a restart, without hashing.
 */
export class Seeder {
  readonly #options: SeederOptions
  readonly #records: CacheRecords
  #network: SwarmNetwork
  readonly #engine: SwarmEngine
  readonly #send: (message: FromSeeder) => void
  readonly #cached = new Map<InfoHash, CacheEntry>()
  readonly #reports = new CopyReports()
  readonly #room: Room
  readonly #unlisted: UnlistedShares
  readonly #timer: ReturnType<typeof setInterval>
  readonly #checks: CopyChecks
  readonly #log: Log
  /** One change of the cached shares at a time. */
  readonly #tasks = new SerialQueue()

  private constructor(options: SeederOptions, send: (message: FromSeeder) => void, log: Log) {
    this.#options = options
    this.#network = options.network
    this.#send = send
    this.#log = log
    this.#records = new CacheRecords(options.folder, log)
    this.#engine = new SwarmEngine(nodeClientOptions(options))
    this.#room = new Room({ cached: this.#cached, engine: this.#engine, policy: options.policy })
    this.#unlisted = new UnlistedShares({
      cached: this.#cached,
      change: (entry, change) => this.#change(entry, change),
      join: entry => this.#tryToJoin(entry),
      leave: infoHash => this.#setAside(infoHash),
      drop: infoHash => this.#drop(infoHash, 'gone'),
      log,
    })
    this.#checks = new CopyChecks({
      copies: () => this.#complete(),
      verify: (infoHash, piece) => this.#engine.verify(infoHash, piece),
      onChecked: infoHash => this.#onChecked(infoHash),
      folder: options.folder,
      sweepMs: options.sweepMs,
      log,
    })
    this.#engine.setLimits(null, options.limits)
    this.#engine.subscribe(() => this.#report())
    this.#timer = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS)
  }

  /** Resumes all cached shares; `send` gets the messages to the server. Errors: those of the disk and of the port. */
  static async start(options: SeederOptions, send: (message: FromSeeder) => void, log: Log): Promise<Seeder> {
    const seeder = new Seeder(options, send, log)
    const port = await seeder.#engine.listen()
    await seeder.#tasks.add(async () => {
      const found = await seeder.#records.load()
      const infoHashes = found.map(({ record }) => record.infoHash)
      send({ report: 'ready', port, infoHashes, room: seeder.#room.with(found) })
      for (const entry of found) {
        if (entry.record.unlistedMs === null) await seeder.#tryToJoin(entry)
        else seeder.#cached.set(entry.record.infoHash, entry)
      }
    })
    // It never rejects.
    seeder.#checks.run().catch(() => undefined)
    return seeder
  }

  /** Resend the full state: a server has (re)connected. It may have restarted, and its tracker forgot us then. */
  recount(): Promise<void> {
    return this.#tasks.add(async () => {
      const cached = [...this.#cached.values()]
      const infoHashes = cached.map(({ record }) => record.infoHash)
      this.#send({ report: 'ready', port: await this.#engine.listen(), infoHashes, room: this.#room.now() })
      for (const { record, torrent } of cached) {
        if (record.unlistedMs === null) this.#send({ report: 'kept', torrent })
      }
      const states = infoHashes
        .flatMap(infoHash => this.#engine.getSwarm(infoHash) ?? [])
        .map(swarm => this.#stateOf(swarm))
      this.#send({ report: 'state', states, room: this.#room.now() })
      this.#engine.wake({ networkChanged: true })
    })
  }

  /**
   * Cache a share from now on. One that does not fit is refused; one that is cached already stays, and is pinned if
   * `pinned`; one that was dropped before is cached only if it is wanted `again`.
   */
  cache(torrent: Uint8Array, { again, pinned }: { again: boolean; pinned: boolean }): Promise<void> {
    return this.#tasks.add(async () => {
      const metainfo = await parseMetainfo(torrent)
      const { infoHash, length } = metainfo
      const before = this.#cached.get(infoHash)
      if (before) {
        if (pinned) await this.#change(before, { pinned })
        await this.#unlisted.listAgain(infoHash)
        return
      }
      if (!again && (await this.#records.wasDropped(infoHash))) {
        this.#send({ report: 'dropped', infoHash, reason: 'before' })
        return
      }
      try {
        const now = Date.now()
        const evicted = this.#room.make(length)
        if (!evicted) throw new AppError('seeder_full')
        for (const other of evicted) await this.#drop(other, 'evicted')
        const record = newRecord({ infoHash, length, pinned }, now)
        const entry = { record, torrent, metainfo }
        await this.#records.add(entry)
        await this.#join(entry)
      } catch (reason) {
        this.#cached.delete(infoHash)
        await this.#records.remove(infoHash)
        this.#send({ report: 'refused', infoHash, code: toAppError(reason).code })
      }
    })
  }

  /** Seed files that are on this machine already, in metainfo order (null: padding); they are never changed or deleted. */
  seed(torrent: Uint8Array, locations: readonly (string | null)[]): Promise<void> {
    return this.#tasks.add(async () => {
      const metainfo = await parseMetainfo(torrent)
      const files = await openLocations(metainfo, locations)
      if (files) await this.#engine.publish(metainfo, files, this.#network)
    })
  }

  /** Stop seeding a share, and delete the copy that was fetched. */
  drop(infoHash: InfoHash): Promise<void> {
    return this.#tasks.add(() => this.#drop(infoHash, 'asked'))
  }

  /** The server lists these: see `UnlistedShares`. */
  retain(infoHashes: readonly InfoHash[]): Promise<void> {
    const retained = new Set(infoHashes)
    return this.#tasks.add(async () => {
      await this.#unlisted.retain(retained)
      await this.#records.forgetDropped({ except: retained })
    })
  }

  /** A piece of a cached share failed its hash on the server's side: verify it, and fetch it again. */
  async check(infoHash: InfoHash, piece: number): Promise<void> {
    // A store that is being closed is opened again, and checked then.
    await this.#engine.verify(infoHash, piece).catch(reason => debugLog('check failed', { infoHash, reason }))
  }

  /** Somebody took `bytes` of the share from the web seed. */
  touch(infoHash: InfoHash, bytes: number): void {
    this.#countUse(infoHash, bytes)
  }

  /** ICE servers for all connections from now on. */
  async setIceServers(iceServers: readonly RTCIceServer[]): Promise<void> {
    this.#network = { ...this.#network, iceServers }
    await this.#engine.setIceServers(iceServers)
  }

  /** Leave the swarms; the cached shares stay on disk. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#checks.stop()
    await this.#tasks.add(async () => {
      await this.#saveRecords()
      // Closing tells the peers; one that does not answer must not delay the stop.
      await Promise.race([this.#engine.close(), delay(2_000)])
    })
  }

  async #join(entry: CacheEntry): Promise<void> {
    const { folder } = this.#options
    const { metainfo, record, torrent } = entry
    this.#cached.set(record.infoHash, entry)
    this.#send({ report: 'kept', torrent })
    const all = [...metainfo.files.keys()]
    const store = await openFileStore(metainfo, all, folder)
    store.onFilesGone = pieces => this.#onFilesGone(record.infoHash, pieces)
    await this.#engine.join(metainfo, all, this.#network, store)
  }

  async #change(entry: CacheEntry, change: Partial<CacheRecord>): Promise<CacheEntry> {
    const record = { ...entry.record, ...change }
    const changed = { ...entry, record }
    this.#cached.set(record.infoHash, changed)
    // On a full disk, housekeeping saves it later.
    await this.#records.save(record).catch(() => undefined)
    return changed
  }

  /** It is no longer seeded; its bytes stay. */
  async #setAside(infoHash: InfoHash): Promise<void> {
    this.#reports.forget(infoHash)
    await this.#engine.leave(infoHash)
    this.#send({ report: 'dropped', infoHash, reason: 'gone' })
  }

  /** A share that cannot start now, for example because the disk is full, is tried again later. */
  async #tryToJoin(entry: CacheEntry): Promise<void> {
    try {
      await this.#join(entry)
    } catch (reason) {
      const state = unopenedReport(entry.record.infoHash, toAppError(reason).code)
      this.#send({ report: 'state', states: [state] })
    }
  }

  async #drop(infoHash: InfoHash, reason: DropReason): Promise<void> {
    if (this.#cached.has(infoHash)) {
      // In this order, so that a kill in between leaves nothing that would be resumed.
      await this.#records.markDropped(infoHash)
      this.#cached.delete(infoHash)
      this.#reports.forget(infoHash)
      this.#room.forget(infoHash)
      await this.#engine.remove(infoHash)
    } else await this.#engine.leave(infoHash)
    this.#send({ report: 'dropped', infoHash, reason, room: this.#room.now() })
  }

  /** What failed is tried again the next time. */
  #keepHouse(): void {
    this.#tasks.add(() => this.#doHousekeeping()).catch(reason => debugLog('housekeeping failed', { reason }))
  }

  async #doHousekeeping(): Promise<void> {
    const now = Date.now()
    await this.#unlisted.keepHouse()
    for (const entry of [...this.#cached.values()]) {
      const { infoHash, unlistedMs } = entry.record
      if (unlistedMs !== null) continue
      if (isExpired(entry.record, this.#options.policy, now)) await this.#drop(infoHash, 'expired')
      else if (!this.#engine.getSwarm(infoHash)) await this.#tryToJoin(entry)
    }
    await this.#saveRecords()
  }

  /** On a full disk the old records stay, and seeding continues. */
  async #saveRecords(): Promise<void> {
    for (const { record } of this.#cached.values()) await this.#records.save(record).catch(() => undefined)
  }

  #complete(): CacheEntry[] {
    return [...this.#cached.values()].filter(
      ({ record }) => this.#engine.getSwarm(record.infoHash)?.state === 'done',
    )
  }

  #onChecked(infoHash: InfoHash): void {
    this.#amend(infoHash, { checkedAt: Date.now() })
    this.#report()
  }

  /** What is left of the copy is read again before that of others. */
  #onFilesGone(infoHash: InfoHash, pieces: number): void {
    this.#log.warn({ infoHash, pieces }, 'files of a copy were deleted or cut off: they are fetched again')
    this.#amend(infoHash, { checkedAt: null })
  }

  /** More may arrive than was reserved; the latest requests are refused then. */
  #keepBudget(): void {
    const stopped = this.#room.beyond()
    if (stopped.length === 0) return
    this.#tasks
      .add(async () => {
        for (const infoHash of stopped) {
          await this.#drop(infoHash, 'evicted')
          this.#send({ report: 'refused', infoHash, code: 'seeder_full' })
        }
      })
      .catch(reason => debugLog('a share could not be dropped', { reason }))
  }

  #report(): void {
    const states: CacheReport[] = []
    for (const swarm of this.#engine.getSnapshot()) {
      if (!this.#cached.has(swarm.infoHash)) continue
      const state = this.#stateOf(swarm)
      const { changed, uploaded } = this.#reports.add(state)
      if (changed) states.push(state)
      if (uploaded > 0) this.#countUse(swarm.infoHash, uploaded)
    }
    if (states.length === 0) return
    this.#send({ report: 'state', states, room: this.#room.now() })
    this.#keepBudget()
  }

  #countUse(infoHash: InfoHash, bytes: number): void {
    const uploaded = (this.#cached.get(infoHash)?.record.uploaded ?? 0) + bytes
    this.#amend(infoHash, { usedAt: Date.now(), uploaded })
  }

  /** As `#change`, but saved with the next housekeeping. */
  #amend(infoHash: InfoHash, change: Partial<CacheRecord>): void {
    const entry = this.#cached.get(infoHash)
    if (entry) this.#cached.set(infoHash, { ...entry, record: { ...entry.record, ...change } })
  }

  #stateOf(swarm: SwarmSnapshot): CacheReport {
    return reportOf(swarm, this.#cached.get(swarm.infoHash)?.record.checkedAt ?? null)
  }
}
