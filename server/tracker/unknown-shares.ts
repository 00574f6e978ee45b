import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Refusal } from './refusals.ts'
import type { Id } from './wire-text.ts'

/** Looks a share up where all nodes have theirs, and admits it if it is there. */
export type FindShare = (infoHash: InfoHash) => Promise<void>

/** For so long what was not found is not looked for again. */
const FORGET_MS = 2_000
/** Looked up at a time, and remembered; what is beyond is refused as it was. */
const RUNNING_MAX = 64
const REMEMBERED_MAX = 10_000

/** Info hashes that this node does not know, and another one may have published a moment ago: each is looked up once. */
export class UnknownShares {
  readonly #find: FindShare
  readonly #running = new Map<Id, Promise<Refusal | undefined>>()
  /** When each was not found, in milliseconds of a monotonic clock, oldest first. */
  readonly #missed = new Map<Id, number>()

  constructor(find: FindShare) {
    this.#find = find
  }

  /**
   * Resolves when `infoHash` has been looked up: to `database_away` if it could not be, else to undefined, and whether it is
   * tracked can be asked again. Null: it was looked up a moment ago, or too many are.
   */
  lookUp(infoHash: Id): Promise<Refusal | undefined> | null {
    const running = this.#running.get(infoHash)
    if (running !== undefined) return running
    if (this.#wasMissed(infoHash) || this.#running.size >= RUNNING_MAX) return null
    const looking = this.#lookUp(infoHash)
    this.#running.set(infoHash, looking)
    return looking
  }

  async #lookUp(infoHash: Id): Promise<Refusal | undefined> {
    try {
      await this.#find(Buffer.from(infoHash, 'latin1').toString('hex') as InfoHash)
      this.#missed.set(infoHash, performance.now())
      return undefined
    } catch {
      return 'database_away'
    } finally {
      this.#running.delete(infoHash)
    }
  }

  #wasMissed(infoHash: Id): boolean {
    const now = performance.now()
    for (const [id, at] of this.#missed) {
      if (now - at < FORGET_MS && this.#missed.size <= REMEMBERED_MAX) break
      this.#missed.delete(id)
    }
    return this.#missed.has(infoHash)
  }
}
