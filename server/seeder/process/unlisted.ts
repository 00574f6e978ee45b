import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import type { CacheEntry, CacheRecord } from './cache-records.ts'

/**
 * How long the seeder keeps the bytes of a share that its server does not list, in milliseconds in which it runs: whichever
 * way a clock is set, they are there for a day. A server with a restored or an older database lists too little, and the
 * right one comes back.
 */
const KEPT_MS = 24 * 3_600_000

/** A step of time that is longer than this is that of a machine that slept. */
const STEP_MAX_MS = 120_000

/** Most info hashes in a line of the log. */
const NAMED_MAX = 20

interface Parts {
  readonly cached: ReadonlyMap<InfoHash, CacheEntry>
  /** Changes the record; the entry as it is then. */
  readonly change: (entry: CacheEntry, change: Partial<CacheRecord>) => Promise<CacheEntry>
  readonly join: (entry: CacheEntry) => Promise<void>
  /** Leaves its swarm; the bytes stay. */
  readonly leave: (infoHash: InfoHash) => Promise<void>
  readonly drop: (infoHash: InfoHash) => Promise<void>
  readonly log: Log
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number
}

/** Cached shares that the server does not list: they are not seeded, and their bytes are deleted after a day. */
export class UnlistedShares {
  readonly #parts: Parts
  readonly #now: () => number
  #before: number

  constructor(parts: Parts) {
    this.#parts = parts
    this.#now = parts.now ?? (() => performance.now())
    this.#before = this.#now()
  }

  /** The server lists `listed`, and nothing else. */
  async retain(listed: ReadonlySet<string>): Promise<void> {
    const left: CacheRecord[] = []
    for (const entry of [...this.#parts.cached.values()]) {
      const { record } = entry
      if (listed.has(record.infoHash)) await this.listAgain(record.infoHash)
      else if (record.unlistedMs === null) {
        left.push(record)
        await this.#parts.change(entry, { unlistedMs: 0 })
      }
    }
    // Leaving takes long, and what is marked is not said again: a stop meanwhile must not keep it from the operator.
    this.#warn(left)
    for (const { infoHash } of left) await this.#parts.leave(infoHash)
    await this.#dropOld()
  }

  /** Seeds an unlisted share again; nothing happens to others. */
  async listAgain(infoHash: InfoHash): Promise<void> {
    const { cached, change, join } = this.#parts
    const entry = cached.get(infoHash)
    if (entry && entry.record.unlistedMs !== null) await join(await change(entry, { unlistedMs: null }))
  }

  /** Counts the time since the last call, and drops what was unlisted for a day. */
  async keepHouse(): Promise<void> {
    const now = this.#now()
    const step = Math.min(now - this.#before, STEP_MAX_MS)
    this.#before = now
    for (const entry of [...this.#parts.cached.values()]) {
      const { unlistedMs } = entry.record
      if (unlistedMs !== null) await this.#parts.change(entry, { unlistedMs: unlistedMs + step })
    }
    await this.#dropOld()
  }

  async #dropOld(): Promise<void> {
    for (const { record } of [...this.#parts.cached.values()]) {
      const { infoHash, unlistedMs } = record
      if (unlistedMs === null || unlistedMs < KEPT_MS) continue
      await this.#parts.drop(infoHash)
      this.#parts.log.info({ infoHash }, 'copy deleted: the server did not list its share for 24 hours')
    }
  }

  /** What an operator needs to know before the bytes go. */
  #warn(left: readonly CacheRecord[]): void {
    if (left.length === 0) return
    this.#parts.log.warn(
      {
        shares: left.length,
        bytes: left.reduce((sum, { length }) => sum + length, 0),
        infoHashes: left.slice(0, NAMED_MAX).map(({ infoHash }) => infoHash),
      },
      'the server does not list these cached shares: they are no longer seeded, and deleted in 24 hours. Is its database an older one?',
    )
  }
}
