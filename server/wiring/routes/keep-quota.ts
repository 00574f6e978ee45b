import { AppError } from '../../../lib/base/errors.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Publishers } from '../../publishers/publishers.ts'
import type { AskQuota } from '../../seeder/ask-quota.ts'
import type { ShareCache } from '../../seeder/share-cache.ts'
import type { ShareStore } from '../../shares/share-store.ts'

interface KeepQuotaParts {
  readonly asks: AskQuota
  readonly publishers: Publishers
  readonly store: Pick<ShareStore, 'findPublisher' | 'findBrief'>
}

/** How much of the seeder one may take: by the address that asks, and by the token that the share was published with. */
export class KeepQuota {
  readonly #parts: KeepQuotaParts

  constructor(parts: KeepQuotaParts) {
    this.#parts = parts
  }

  /** Counts a request of `network` that `shareCache` keeps a share. Errors: `seeder_full`, `token_revoked`, `token_expired`. */
  async take(shareCache: ShareCache, network: string, infoHash: InfoHash): Promise<void> {
    const { asks, publishers, store } = this.#parts
    const publisher = await store.findPublisher(infoHash)
    const share = await store.findBrief(infoHash, 0)
    const isNew = !shareCache.state(infoHash).asked
    if (publisher !== null && share && isNew) await publishers.requireRoom(publisher, share.content.length)
    asks.take(network, infoHash, hash => shareCache.state(hash))
  }

  /** The same for a share that was just published, where every share is kept: beyond the quota it is not. */
  async takeUnasked(shareCache: ShareCache, network: string, infoHash: InfoHash): Promise<void> {
    try {
      await this.take(shareCache, network, infoHash)
    } catch (reason) {
      if (reason instanceof AppError && reason.code === 'seeder_full') return
      throw reason
    }
    shareCache.requestUnasked(infoHash)
  }
}
