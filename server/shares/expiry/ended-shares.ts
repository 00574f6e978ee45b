import { AppError } from '../../../lib/base/errors.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { EndingStore } from './ending-store.ts'

/** Shares that ended by themselves, in memory too: what is asked for and not there may be one of them. */
export class EndedShares {
  readonly #store: EndingStore
  readonly #endedAt: Map<InfoHash, Date>

  private constructor(store: EndingStore, ended: ReadonlyMap<InfoHash, Date>) {
    this.#store = store
    this.#endedAt = new Map(ended)
  }

  static async open(store: EndingStore): Promise<EndedShares> {
    return new EndedShares(store, await store.listEnded())
  }

  /** Since when. */
  of(infoHash: InfoHash): Date | undefined {
    return this.#endedAt.get(infoHash)
  }

  all(): Iterable<InfoHash> {
    return this.#endedAt.keys()
  }

  /** Why a share is not there: `share_expired`, or `share_not_found`. */
  missing(infoHash: InfoHash): AppError {
    const at = this.of(infoHash)
    return at === undefined
      ? new AppError('share_not_found')
      : new AppError('share_expired', at.toISOString())
  }

  async add(infoHash: InfoHash, at: Date): Promise<void> {
    await this.#store.addEnded(infoHash, at)
    this.#endedAt.set(infoHash, at)
  }

  /** Of `infoHashes`, `ended` are all that have ended: another node may have done it. */
  replace(infoHashes: readonly InfoHash[], ended: ReadonlyMap<InfoHash, Date>): void {
    for (const infoHash of infoHashes) {
      const at = ended.get(infoHash)
      if (at === undefined) this.#endedAt.delete(infoHash)
      else this.#endedAt.set(infoHash, at)
    }
  }

  /** It was published again. */
  async remove(infoHash: InfoHash): Promise<void> {
    if (!this.#endedAt.delete(infoHash)) return
    await this.#store.removeEnded([infoHash])
  }

  /** Forgets those that ended before `before`; returns them. */
  async forget(before: Date): Promise<readonly InfoHash[]> {
    const old = [...this.#endedAt].filter(([, at]) => at < before).map(([infoHash]) => infoHash)
    for (const infoHash of old) this.#endedAt.delete(infoHash)
    await this.#store.removeEnded(old)
    return old
  }
}
