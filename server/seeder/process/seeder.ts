import { openAsBlob } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError, toAppError } from '../../../lib/base/errors.ts'
import { SwarmEngine, type SwarmNetwork } from '../../../lib/engine/engine.ts'
import type { RateLimits, SwarmSnapshot } from '../../../lib/engine/view/snapshot.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { nodeClientOptions } from '../../node-engine/client-options.ts'
import { openFileStore } from '../../node-engine/file-store.ts'
import type { DropReason, FromSeeder, KeptState } from '../link/messages.ts'
import { isExpired, makeRoom, type SeedPolicy } from '../policy.ts'
import { type Kept, KeptRecords } from './cache-records.ts'

export interface SeederOptions {
  /** Where kept shares lie, and what is remembered of them. */
  readonly folder: string
  readonly network: SwarmNetwork
  readonly policy: SeedPolicy
  /** TCP port for classic clients. */
  readonly port: number
  /** UDP ports of WebRTC; null: any. The same twice: one port for all peers. */
  readonly udpPorts: { readonly first: number; readonly last: number } | null
  readonly utp: boolean
  readonly dht: boolean
  readonly limits: RateLimits
}

/** How often records are saved and shares whose time is over are let go. */
const HOUSEKEEPING_MS = 60_000

/**
 * Keeps shares alive: joins their swarms, fetches them from the tabs that have them, and gives them on, to tabs over WebRTC
 * and to classic clients over TCP. What it keeps is on disk and is kept again after a restart without hashing.
 */
export class Seeder {
  readonly #options: SeederOptions
  readonly #records: KeptRecords
  #network: SwarmNetwork
  readonly #engine: SwarmEngine
  readonly #tell: (message: FromSeeder) => void
  readonly #kept = new Map<InfoHash, Kept>()
  readonly #told = new Map<InfoHash, string>()
  readonly #timer: ReturnType<typeof setInterval>
  /** One change of what is kept at a time. */
  #lastTurn: Promise<unknown> = Promise.resolve()

  private constructor(options: SeederOptions, tell: (message: FromSeeder) => void) {
    this.#options = options
    this.#network = options.network
    this.#tell = tell
    this.#records = new KeptRecords(options.folder)
    this.#engine = new SwarmEngine(nodeClientOptions(options))
    this.#engine.setLimits(null, options.limits)
    this.#engine.subscribe(() => this.#report())
    this.#timer = setInterval(() => void this.#inTurn(() => this.#keepHouse()), HOUSEKEEPING_MS)
  }

  /** Take up again what was kept. Errors: those of the disk and of the port. */
  static async start(options: SeederOptions, tell: (message: FromSeeder) => void): Promise<Seeder> {
    const seeder = new Seeder(options, tell)
    const port = await seeder.#engine.listen()
    await seeder.#inTurn(async () => {
      const found = await seeder.#records.load()
      tell({ told: 'ready', port, infoHashes: found.map(({ record }) => record.infoHash) })
      for (const kept of found) await seeder.#tryToBegin(kept)
    })
    return seeder
  }

  /** Say again all that is so, to a server that may have started anew; its tracker forgot us then. */
  recount(): Promise<void> {
    return this.#inTurn(async () => {
      const kept = [...this.#kept.values()]
      const infoHashes = kept.map(({ record }) => record.infoHash)
      this.#tell({ told: 'ready', port: await this.#engine.listen(), infoHashes })
      for (const { torrent } of kept) this.#tell({ told: 'kept', torrent })
      const states = infoHashes.flatMap(infoHash => this.#engine.getSwarm(infoHash) ?? []).map(stateOf)
      this.#tell({ told: 'state', states })
      this.#engine.wake(true)
    })
  }

  /**
   * Keep a share from now on. What does not fit is refused; one that is kept goes on, pinned if it is to be; one that
   * was let go of is kept only `again` if it is to be.
   */
  keep(torrent: Uint8Array, { again, pinned }: { again: boolean; pinned: boolean }): Promise<void> {
    return this.#inTurn(async () => {
      const metainfo = await parseMetainfo(torrent)
      const { infoHash, length } = metainfo
      const before = this.#kept.get(infoHash)
      if (before) {
        if (pinned) await this.#pin(before)
        return
      }
      if (!again && (await this.#records.wasLetGo(infoHash))) {
        this.#tell({ told: 'dropped', infoHash, reason: 'before' })
        return
      }
      try {
        const now = Date.now()
        const evicted = makeRoom(this.#evictable(), length, this.#options.policy, now)
        if (!evicted) throw new AppError('seeder_full')
        for (const other of evicted) await this.#drop(other, 'evicted')
        const record = { infoHash, length, keptSince: now, usedAt: now, uploaded: 0, pinned }
        const kept = { record, torrent, metainfo }
        await this.#records.add(kept)
        await this.#begin(kept)
      } catch (reason) {
        this.#kept.delete(infoHash)
        await this.#records.remove(infoHash)
        this.#tell({ told: 'refused', infoHash, code: toAppError(reason).code })
      }
    })
  }

  /** Seed files that are here already, in metainfo order (null: padding); they are somebody else's to keep. */
  seed(torrent: Uint8Array, locations: readonly (string | null)[]): Promise<void> {
    return this.#inTurn(async () => {
      const metainfo = await parseMetainfo(torrent)
      const padding = (index: number) => new Blob([new Uint8Array(metainfo.files[index]?.length ?? 0)])
      const files = await Promise.all(
        locations.map((location, index) => (location === null ? padding(index) : openAsBlob(location))),
      )
      await this.#engine.publish(metainfo, files, this.#network)
    })
  }

  /** Let go of a share, and of its bytes where we fetched them. */
  drop(infoHash: InfoHash): Promise<void> {
    return this.#inTurn(() => this.#drop(infoHash, 'asked'))
  }

  retain(infoHashes: readonly InfoHash[]): Promise<void> {
    const retained = new Set(infoHashes)
    return this.#inTurn(async () => {
      for (const infoHash of [...this.#kept.keys()]) {
        if (!retained.has(infoHash)) await this.#drop(infoHash, 'gone')
      }
      await this.#records.forgetLetGo(retained)
    })
  }

  /** Somebody took `bytes` of the share by another way. */
  touch(infoHash: InfoHash, bytes: number): void {
    this.#use(infoHash, bytes)
  }

  /** ICE servers for all connections from now on. */
  async setIceServers(iceServers: readonly RTCIceServer[]): Promise<void> {
    this.#network = { ...this.#network, iceServers }
    await this.#engine.setIceServers(iceServers)
  }

  /** Leave the swarms; what is kept stays. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#inTurn(async () => {
      await this.#saveRecords()
      // Peers are told, but a peer that does not listen must not hold us.
      await Promise.race([this.#engine.close(), delay(2_000)])
    })
  }

  async #begin(kept: Kept): Promise<void> {
    const { folder } = this.#options
    const { metainfo, record, torrent } = kept
    this.#kept.set(record.infoHash, kept)
    this.#tell({ told: 'kept', torrent })
    const all = [...metainfo.files.keys()]
    await this.#engine.join(metainfo, all, this.#network, await openFileStore(metainfo, all, folder))
  }

  async #pin(kept: Kept): Promise<void> {
    const record = { ...kept.record, pinned: true }
    this.#kept.set(record.infoHash, { ...kept, record })
    // On a full disk it is saved with the others later.
    await this.#records.save(record).catch(() => undefined)
  }

  /** What can't begin now, because the disk is full, is tried again later. */
  async #tryToBegin(kept: Kept): Promise<void> {
    try {
      await this.#begin(kept)
    } catch (reason) {
      const { infoHash } = kept.record
      const problem = toAppError(reason).code
      const state = { infoHash, have: 0, complete: false, peers: 0, uploaded: 0, copies: 0, problem }
      this.#tell({ told: 'state', states: [state] })
    }
  }

  async #drop(infoHash: InfoHash, reason: DropReason): Promise<void> {
    if (this.#kept.has(infoHash)) {
      // In this order, so that a kill in between leaves nothing that is taken up again.
      await this.#records.letGo(infoHash)
      this.#kept.delete(infoHash)
      this.#told.delete(infoHash)
      await this.#engine.remove(infoHash)
    } else await this.#engine.leave(infoHash)
    this.#tell({ told: 'dropped', infoHash, reason })
  }

  async #keepHouse(): Promise<void> {
    const now = Date.now()
    for (const kept of [...this.#kept.values()]) {
      const { infoHash } = kept.record
      if (isExpired(kept.record, this.#options.policy, now)) await this.#drop(infoHash, 'expired')
      else if (!this.#engine.getSwarm(infoHash)) await this.#tryToBegin(kept)
    }
    await this.#saveRecords()
  }

  /** On a full disk the old ones stay, and seeding goes on. */
  async #saveRecords(): Promise<void> {
    for (const { record } of this.#kept.values()) await this.#records.save(record).catch(() => undefined)
  }

  #evictable() {
    return [...this.#kept.values()].map(({ record }) => ({
      record,
      copiesElsewhere: this.#engine.getSwarm(record.infoHash)?.copies ?? 0,
    }))
  }

  #report(): void {
    const states: KeptState[] = []
    for (const swarm of this.#engine.getSnapshot()) {
      const kept = this.#kept.get(swarm.infoHash)
      if (!kept) continue
      const before = this.#told.get(swarm.infoHash)
      const state = stateOf(swarm)
      const text = JSON.stringify(state)
      if (text === before) continue
      this.#told.set(swarm.infoHash, text)
      states.push(state)
      const uploadedBefore = before === undefined ? 0 : (JSON.parse(before) as KeptState).uploaded
      if (state.uploaded > uploadedBefore) this.#use(swarm.infoHash, state.uploaded - uploadedBefore)
    }
    if (states.length > 0) this.#tell({ told: 'state', states })
  }

  #use(infoHash: InfoHash, bytes: number): void {
    const kept = this.#kept.get(infoHash)
    if (!kept) return
    const { record } = kept
    this.#kept.set(infoHash, {
      ...kept,
      record: { ...record, usedAt: Date.now(), uploaded: record.uploaded + bytes },
    })
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(task)
    this.#lastTurn = turn.catch(() => undefined)
    return turn
  }
}

function stateOf({
  copies,
  downloaded,
  error,
  infoHash,
  peers,
  problem,
  state,
  uploaded,
}: SwarmSnapshot): KeptState {
  return {
    infoHash,
    have: downloaded,
    complete: state === 'done',
    peers: peers.length,
    uploaded,
    copies: Math.floor(copies * 100) / 100,
    problem: error?.code ?? problem?.code ?? null,
  }
}
