import type { SeederRecord } from '../../shares/copies/copy-store.ts'
import type { SeederIdentity } from '../link/identity.ts'
import type { PlacedSeeder } from './place.ts'

/** A seeder, and where its files are over HTTP. */
export interface WatchedSeeder extends PlacedSeeder {
  readonly url: string
  readonly insideUrl: string
}

/** A seeder that is or was connected to this server. */
export interface LinkedSeeder {
  readonly identity: SeederIdentity
  readonly isAway: boolean
  readonly room: { readonly free: number } | null
}

interface SeederWatchOptions {
  /** Those that are or were connected to this server. */
  readonly linked: () => readonly LinkedSeeder[]
  /** For so long a seeder is away until it counts as lost, in milliseconds in which this server looked. */
  readonly lostMs: number
  /** One that is connected to another server is there if that said so within this time. */
  readonly hereMs: number
  /** A step of time that is longer than this is that of a machine that slept, or of a database that was away. */
  readonly stepMaxMs: number
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
}

/**
 * Which seeders are there, and which are lost. Time counts only while this server looks: after its own restart, or an outage of
 * the database, nobody is lost at once.
 */
export class SeederWatch {
  readonly #options: SeederWatchOptions
  /** What the database said last. */
  #records: readonly SeederRecord[] = []
  readonly #awayMs = new Map<string, number>()
  /** Of those that another server saw while this one looked: how long ago that was. */
  readonly #elsewhereMs = new Map<string, number>()
  #before: number

  constructor(options: SeederWatchOptions) {
    this.#options = options
    this.#before = options.now()
  }

  /** Counts the time since the last call; `records` are what the database says now, those of `written` since this server wrote them. */
  look(records: readonly SeederRecord[], written: ReadonlySet<string> = new Set()): void {
    const { linked, now, stepMaxMs } = this.#options
    const at = now()
    const step = Math.min(at - this.#before, stepMaxMs)
    this.#before = at
    const here = new Set(linked().flatMap(({ identity, isAway }) => (isAway ? [] : [identity.id])))
    const known = new Map(this.#records.map(({ id, seenAt }) => [id, seenAt.getTime()]))
    const left = new Set(records.flatMap(({ id, isHere }) => (isHere ? [] : [id])))
    const seen = new Map(records.map(({ id, seenAt }) => [id, seenAt.getTime()]))
    for (const id of new Set([...seen.keys(), ...linked().map(({ identity }) => identity.id)])) {
      // The first time says nothing: it may be long ago.
      const isFresh = known.has(id) && known.get(id) !== seen.get(id)
      const elsewhereMs = this.#elsewhereMs.get(id)
      if (left.has(id)) this.#elsewhereMs.delete(id)
      else if (isFresh && !written.has(id)) this.#elsewhereMs.set(id, 0)
      else if (elsewhereMs !== undefined) this.#elsewhereMs.set(id, elsewhereMs + step)
      this.#awayMs.set(id, here.has(id) || isFresh ? 0 : (this.#awayMs.get(id) ?? 0) + step)
    }
    this.#records = records
  }

  /** All seeders, as placement sees them. */
  seeders(): readonly WatchedSeeder[] {
    const { hereMs, linked, lostMs } = this.#options
    const ours = new Map(linked().map(seeder => [seeder.identity.id, seeder]))
    const ids = new Set([...ours.keys(), ...this.#records.map(({ id }) => id)])
    const records = new Map(this.#records.map(record => [record.id, record]))
    return [...ids].map(id => {
      const our = ours.get(id)
      const record = records.get(id)
      const awayMs = this.#awayMs.get(id) ?? 0
      const isOurs = our?.isAway === false
      // One that was connected here may be connected to another server now, which knows more of it.
      const elsewhereMs = this.#elsewhereMs.get(id) ?? Number.POSITIVE_INFINITY
      const isHere = isOurs || elsewhereMs < hereMs
      const known = (isOurs ? our.identity : record) ?? our?.identity
      return {
        id,
        zone: known?.zone ?? '',
        free: (isOurs ? our.room?.free : undefined) ?? record?.free ?? our?.room?.free ?? null,
        url: known?.url ?? '',
        insideUrl: known?.insideUrl ?? '',
        isHere,
        isLost: !isHere && awayMs >= lostMs,
      }
    })
  }
}
