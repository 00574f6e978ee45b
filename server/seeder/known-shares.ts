import type { ErrorCode } from '../../lib/base/errors.ts'
import type { CachedShareStatus } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { CachedShare } from './cached-share.ts'
import { type CopyState, NO_COPY, refusalOf } from './copy-state.ts'
import type { CacheReport } from './link/messages.ts'
import type { LocalShare } from './publish-folder/local-share.ts'

/** What the server knows of one share. */
interface Entry {
  /** Published on this server; the seeder drops all others, and their files are not served. */
  readonly published: boolean
  /** Its files in the publish folder, from where it is seeded. */
  readonly local: LocalShare | null
  readonly copy: CopyState
}

const UNKNOWN: Entry = { published: false, local: null, copy: NO_COPY }

/** What the server knows of the seeder's shares, and says of them. */
export class KnownShares implements Iterable<[InfoHash, Entry]> {
  readonly #shares = new Map<InfoHash, Entry>()
  #uploaded = 0

  get(infoHash: InfoHash): Entry {
    return this.#shares.get(infoHash) ?? UNKNOWN
  }

  change(infoHash: InfoHash, change: Partial<Entry>): void {
    const entry = { ...this.get(infoHash), ...change }
    const isUnknown = !entry.published && entry.local === null && entry.copy.is === 'none'
    if (isUnknown) this.#shares.delete(infoHash)
    else this.#shares.set(infoHash, entry)
  }

  [Symbol.iterator](): MapIterator<[InfoHash, Entry]> {
    return this.#shares[Symbol.iterator]()
  }

  /** What the seeder reports of a share that it holds. */
  note(state: CacheReport): void {
    const { copy } = this.get(state.infoHash)
    if (copy.is !== 'cached') return
    // A restarted seeder counts from 0; what it sent before its first report is not counted.
    this.#uploaded += Math.max(0, state.uploaded - (copy.share.state ?? state).uploaded)
    copy.share.state = state
  }

  /** How much of a share this server has, as the API shows it; `isAway`: the seeder is not connected. */
  status(infoHash: InfoHash, { isAway, offered }: { offered: boolean; isAway: boolean }): CachedShareStatus {
    const { copy, local } = this.get(infoHash)
    if (local) {
      const have = local.metainfo.length
      return { offered: true, asked: true, kept: 'yes', have, checkedAt: null, problem: null }
    }
    const asked = copy.is === 'requested' || copy.is === 'cached'
    if (isAway) return { offered, asked, kept: 'no', have: 0, checkedAt: null, problem: 'seeder_away' }
    const state = copy.is === 'cached' ? copy.share.state : null
    const have = state?.have ?? 0
    return {
      offered,
      asked,
      kept: state?.complete ? 'yes' : have > 0 ? 'partial' : 'no',
      have,
      checkedAt: state?.checkedAt == null ? null : new Date(state.checkedAt).toISOString(),
      problem: ofServer(state?.problem ?? refusalOf(copy)),
    }
  }

  /** See `ShareCache.copies`. */
  copies(infoHash: InfoHash): number | null {
    const { copy } = this.get(infoHash)
    const state = copy.is === 'cached' ? copy.share.state : null
    return state?.complete ? 1 + state.copies : null
  }

  /** Shares of which this server has everything. */
  *complete(): Generator<InfoHash> {
    for (const [infoHash, { copy, local }] of this.#shares)
      if (local !== null || (copy.is === 'cached' && copy.share.complete)) yield infoHash
  }

  /** See `ShareCache.totals`. */
  totals() {
    const entries = [...this.#shares.values()]
    const cached = entries.flatMap(({ copy }) => (copy.is === 'cached' ? [copy.share] : []))
    const complete = cached.filter(share => share.complete).length
    const sum = (of: (share: CachedShare) => number) => cached.reduce((total, share) => total + of(share), 0)
    return {
      complete: complete + entries.filter(({ local }) => local !== null).length,
      partial: cached.length - complete,
      have: sum(({ state }) => state?.have ?? 0),
      peers: sum(({ state }) => state?.peers ?? 0),
      uploaded: this.#uploaded,
    }
  }
}

/** A full disk is the server's here, not that of whoever reads it. */
const ofServer = (problem: ErrorCode | null): ErrorCode | null =>
  problem === 'storage_full' ? 'server_full' : problem
