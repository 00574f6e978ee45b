import type { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { CachePolicy, SeederRoom } from '../link/messages.ts'
import type { CacheEntry } from './cache-records.ts'
import { beyondBudget, type Evictable, makeRoom, roomOf } from './policy.ts'
import { Progress } from './progress.ts'

interface RoomOptions {
  readonly cached: ReadonlyMap<InfoHash, CacheEntry>
  readonly engine: Pick<SwarmEngine, 'getSwarm'>
  readonly policy: CachePolicy
}

/** What the cached shares take of the budget, and which of them go for others. */
export class Room {
  readonly #options: RoomOptions
  readonly #progress = new Progress()

  constructor(options: RoomOptions) {
    this.#options = options
  }

  /** The budget and what is free of it, with `entries` in place of the cached shares. */
  with(entries: Iterable<CacheEntry>): SeederRoom {
    return roomOf(this.#evictable(entries), this.#options.policy, Date.now())
  }

  now(): SeederRoom {
    return this.with(this.#options.cached.values())
  }

  /** See `makeRoom`. */
  make(length: number): InfoHash[] | null {
    return makeRoom(this.#evictable(), length, this.#options.policy, Date.now())
  }

  /** See `beyondBudget`. */
  beyond(): readonly InfoHash[] {
    return beyondBudget(this.#evictable(), this.#options.policy)
  }

  forget(infoHash: InfoHash): void {
    this.#progress.forget(infoHash)
  }

  #evictable(entries: Iterable<CacheEntry> = this.#options.cached.values()): Evictable[] {
    return [...entries].map(({ record }) => {
      // One that could not be opened is on disk all the same.
      const { copies = 0, downloaded = record.length } = this.#options.engine.getSwarm(record.infoHash) ?? {}
      const progressAt = this.#progress.at(record.infoHash, downloaded, record.keptSince)
      return { record, copiesElsewhere: copies, have: downloaded, progressAt }
    })
  }
}
