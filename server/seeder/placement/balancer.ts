import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import { itemsInTurns } from '../../http/turns.ts'
import type { CopyStore } from '../../shares/copies/copy-store.ts'
import type { CopyTable } from './copy-table.ts'
import { balance, type Change, maySurplusGo, type Placing } from './place.ts'
import { type LinkedSeeder, SeederWatch, type WatchedSeeder } from './seeder-watch.ts'

/** When copies are made again, and when they go, in milliseconds in which this server runs. */
export interface PlacementTimes {
  /** How often it is looked. */
  readonly lookMs: number
  /** How often is written which seeders are here. */
  readonly seenMs: number
  /** A seeder that is away for so long is replaced. */
  readonly lostMs: number
  /** So long a copy is surplus without a break before it is deleted. */
  readonly surplusMs: number
  /** How often it is tried whether an address leads to its seeder; left out: every three minutes. */
  readonly addressMs?: number
}

const TIMES: PlacementTimes = { lookMs: 10_000, seenMs: 60_000, lostMs: 600_000, surplusMs: 86_400_000 }

/** Copies that are asked for in one look, so that a new seeder does not join thousands of swarms at once. */
const ASKED_MAX = 100
/** Seeders that were away for so long are forgotten: with them what they are to hold, not what they hold. */
const FORGOTTEN_MS = 90 * 86_400_000

/** Which seeders there are, in the database. */
export type BalancerStore = Pick<CopyStore, 'seeders' | 'putSeeder' | 'leaveSeeder' | 'forgetSeeders'>

interface BalancerOptions {
  readonly store: BalancerStore
  readonly table: CopyTable
  /** Copies of each share, where there are so many seeders. */
  readonly copies: number
  /** Whether this server places copies, of several. */
  readonly leads: () => boolean
  readonly linked: () => readonly LinkedSeeder[]
  /** Bytes of a published share; null: it is none. Errors: the database's. */
  readonly lengthOf: (infoHash: InfoHash) => Promise<number | null>
  /** Called when copies of a share have other standings. */
  readonly onChanged: (infoHash: InfoHash) => void
  /** Deletes a copy of a seeder that is connected to this server. */
  readonly drop: (infoHash: InfoHash, seeder: string) => void
  readonly log: Log
  readonly times?: PlacementTimes | undefined
  /** Milliseconds of a monotonic clock. */
  readonly now?: (() => number) | undefined
}

/** Looks again and again whether there are as many copies of each share as there should be. */
export class Balancer {
  readonly #options: BalancerOptions
  readonly #times: PlacementTimes
  readonly #now: () => number
  readonly #watch: SeederWatch
  readonly #looks = new SerialQueue()
  readonly #timer: NodeJS.Timeout
  /** How long copies of seeders that are connected here have been surplus, by info hash and seeder. */
  #surplus = new Map<string, number>()
  #lookedAt: number
  #seenAt = Number.NEGATIVE_INFINITY
  /** When this server last wrote that a seeder is here, and with which addresses. */
  readonly #written = new Map<string, { readonly seenAt: Date; readonly addresses: string }>()

  constructor(options: BalancerOptions) {
    const { linked, log, now = () => performance.now(), times = TIMES } = options
    this.#options = options
    this.#times = times
    this.#now = now
    this.#lookedAt = now()
    const { lookMs, lostMs, seenMs } = times
    this.#watch = new SeederWatch({ linked, lostMs, hereMs: 3 * seenMs, stepMaxMs: 3 * lookMs, now })
    this.#timer = setInterval(() => {
      this.look().catch(reason => log.warn({ err: reason }, 'copies of seeders not looked at'))
    }, lookMs).unref()
  }

  /** All seeders, as placement sees them. */
  seeders(): readonly WatchedSeeder[] {
    return this.#watch.seeders()
  }

  /** What is known of the copies of a share; `length` in bytes. */
  placing(infoHash: InfoHash, length: number, seeders = this.#watch.seeders()): Placing {
    const { copies, table } = this.#options
    const known = table.of(infoHash).map(copy => ({ ...copy, standing: copy.state }))
    return { infoHash, length, copies, known, seeders }
  }

  /** Looks once. Errors: the database's. */
  look(): Promise<void> {
    return this.#looks.add(async () => {
      const now = this.#now()
      const step = Math.min(now - this.#lookedAt, 3 * this.#times.lookMs)
      this.#lookedAt = now
      const isDue = now - this.#seenAt >= this.#times.seenMs
      const written = await this.#writeSeen(isDue ? 'all' : 'changed')
      if (isDue) this.#seenAt = now
      this.#watch.look(await this.#options.store.seeders(), written)
      if (this.#options.leads()) await this.#balance()
      await this.#countSurplus(step)
    })
  }

  /** Ends the looks; from now on no seeder is here. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const { log, store } = this.#options
    await this.#looks
      .add(async () => {
        for (const [id, { seenAt }] of this.#written) await store.leaveSeeder(id, seenAt)
        this.#written.clear()
      })
      .catch(reason => log.warn({ err: reason }, 'that seeders leave is not written'))
  }

  /** Writes which seeders are here, or only which came and left; resolves to the ids of those that are written as here. */
  async #writeSeen(which: 'all' | 'changed'): Promise<ReadonlySet<string>> {
    const { leads, linked, store } = this.#options
    const seenAt = new Date()
    const written = new Set<string>()
    for (const { identity, isAway, room } of linked()) {
      const { id, insideUrl, url } = identity
      const addresses = `${url} ${insideUrl}`
      const before = this.#written.get(id)
      if (isAway) {
        if (before) await store.leaveSeeder(id, before.seenAt)
        this.#written.delete(id)
      } else if (which === 'all' || before?.addresses !== addresses) {
        await store.putSeeder({ ...identity, free: room?.free ?? null, seenAt, isHere: true })
        this.#written.set(id, { seenAt, addresses })
        written.add(id)
      }
    }
    if (which === 'all' && leads()) await store.forgetSeeders(new Date(seenAt.getTime() - FORGOTTEN_MS))
    return written
  }

  async #balance(): Promise<void> {
    const { lengthOf, log, onChanged, table } = this.#options
    let asked = 0
    const seeders = this.#watch.seeders()
    for await (const infoHash of itemsInTurns([...table.shares()])) {
      if (asked >= ASKED_MAX) break
      // Most shares are as they should be, whatever their length.
      if (balance(this.placing(infoHash, 0, seeders)).length === 0) continue
      const length = await lengthOf(infoHash)
      if (length === null) continue
      const changes = balance(this.placing(infoHash, length, seeders))
      if (changes.length === 0) continue
      await table.put(changes.map(change => this.#changed(infoHash, change)))
      asked += changes.filter(({ standing }) => standing === 'asked').length
      log.info({ infoHash, changes }, 'copies placed')
      onChanged(infoHash)
    }
  }

  #changed(infoHash: InfoHash, { seeder, standing }: Change) {
    const { table } = this.#options
    const before = table.get(infoHash, seeder)
    const pinned = table.of(infoHash).some(copy => copy.pinned)
    return {
      infoHash,
      seeder,
      state: standing,
      complete: before?.complete ?? false,
      have: before?.have ?? 0,
      pinned,
    }
  }

  /** Nothing is deleted because of what the database alone says: it may be an older one. */
  async #countSurplus(step: number): Promise<void> {
    const { drop, linked, log, table } = this.#options
    const here = linked().filter(({ isAway }) => !isAway)
    const counted = new Map<string, number>()
    for await (const infoHash of itemsInTurns([...table.shares()])) {
      const spare = table.of(infoHash).filter(({ state }) => state === 'surplus' || state === 'released')
      for (const { seeder, state } of spare) {
        if (!here.some(({ identity }) => identity.id === seeder)) continue
        if (state === 'surplus' && !maySurplusGo(this.placing(infoHash, 0), seeder)) continue
        const key = `${infoHash} ${seeder}`
        const ms = (this.#surplus.get(key) ?? -step) + step
        counted.set(key, ms)
        if (ms < this.#times.surplusMs) continue
        counted.delete(key)
        drop(infoHash, seeder)
        log.info({ infoHash, seeder }, 'copy deleted: it was surplus for a day')
      }
    }
    this.#surplus = counted
  }
}
