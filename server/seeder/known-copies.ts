import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { CachedShare } from './cached-share.ts'
import { type CopyState, NO_COPY } from './copy-state.ts'
import type { CacheReport } from './link/messages.ts'

/** What the server knows of one seeder's copies. */
export class KnownCopies implements Iterable<[InfoHash, CopyState]> {
  readonly #copies = new Map<InfoHash, CopyState>()
  #uploaded = 0

  get(infoHash: InfoHash): CopyState {
    return this.#copies.get(infoHash) ?? NO_COPY
  }

  set(infoHash: InfoHash, copy: CopyState): void {
    if (copy.is === 'none') this.#copies.delete(infoHash)
    else this.#copies.set(infoHash, copy)
  }

  [Symbol.iterator](): MapIterator<[InfoHash, CopyState]> {
    return this.#copies[Symbol.iterator]()
  }

  /** What the seeder reports of a share that it holds: whether that became whole, or is no longer, or is said for the first time. */
  note(state: CacheReport): boolean {
    const copy = this.get(state.infoHash)
    if (copy.is !== 'cached') return false
    const before = copy.share.state?.complete
    // A restarted seeder counts from 0; what it sent before its first report is not counted.
    this.#uploaded += Math.max(0, state.uploaded - (copy.share.state ?? state).uploaded)
    copy.share.state = state
    return state.complete !== before
  }

  /** Complete copies of a share in its swarm, the seeder's included, with their fraction; null when unknown. */
  copies(infoHash: InfoHash): number | null {
    const copy = this.get(infoHash)
    const state = copy.is === 'cached' ? copy.share.state : null
    return state?.complete ? 1 + state.copies : null
  }

  /** Shares of which the seeder has everything. */
  *complete(): Generator<InfoHash> {
    for (const [infoHash, copy] of this.#copies)
      if (copy.is === 'cached' && copy.share.complete) yield infoHash
  }

  /** Sums over all copies, in bytes. `uploaded` never falls. */
  totals() {
    const cached = [...this.#copies.values()].flatMap(copy => (copy.is === 'cached' ? [copy.share] : []))
    const complete = cached.filter(share => share.complete).length
    const sum = (of: (share: CachedShare) => number) => cached.reduce((total, share) => total + of(share), 0)
    return {
      complete,
      partial: cached.length - complete,
      have: sum(({ state }) => state?.have ?? 0),
      peers: sum(({ state }) => state?.peers ?? 0),
      uploaded: this.#uploaded,
    }
  }
}
