import { AppError } from '../../lib/base/errors.ts'
import type { CachedShareStatus } from '../../lib/protocol/share.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'

/** Open requests of one address: each has room reserved for it. */
const UNDER_WAY_MAX = 16
/** After this time, a request of which nothing has arrived holds no room any more. */
const UNDER_WAY_MS = 10 * 60_000
/** At this number of addresses, those whose shares are no longer cached are forgotten. */
const ADDRESSES_MAX = 10_000

interface AskQuotaOptions {
  /** False for load tests. */
  readonly enabled: boolean
  /** Bytes that the shares of one address may take on the seeder's disk. */
  readonly bytesMax: number
}

/**
 * How much of the seeder one address (IPv6: one /64) may ask for. In memory only: addresses are stored nowhere, so after a
 * restart the shares that are cached already belong to nobody.
 */
export class AskQuota {
  readonly #options: AskQuotaOptions
  /** Times of a monotonic clock, in milliseconds. */
  readonly #askedAt = new Map<string, Map<InfoHash, number>>()

  constructor(options: AskQuotaOptions) {
    this.#options = options
  }

  /** Counts a request of `address`; `stateOf` has the copies. Errors: `seeder_full`. */
  take(address: string, infoHash: InfoHash, stateOf: (infoHash: InfoHash) => CachedShareStatus): void {
    const { bytesMax, enabled } = this.#options
    if (!enabled) return
    if (this.#askedAt.size >= ADDRESSES_MAX) {
      for (const [other, shares] of this.#askedAt) this.#forgetDropped(other, shares, stateOf)
    }
    const asked = this.#askedAt.get(address) ?? new Map<InfoHash, number>()
    this.#forgetDropped(address, asked, stateOf)
    const now = performance.now()
    if (!asked.has(infoHash)) {
      const states = [...asked].map(([share, at]) => ({
        ...stateOf(share),
        isRecent: now - at < UNDER_WAY_MS,
      }))
      const bytes = states.reduce((sum, { have }) => sum + have, 0)
      if (bytes >= bytesMax) throw new AppError('seeder_full', `shares of your address take ${bytes} bytes`)
      const underWay = states.filter(({ isRecent, kept }) => isRecent && kept !== 'yes').length
      if (underWay >= UNDER_WAY_MAX) {
        throw new AppError('seeder_full', `${underWay} shares of your address are still being fetched`)
      }
    }
    asked.set(infoHash, now)
    this.#askedAt.set(address, asked)
  }

  #forgetDropped(
    address: string,
    asked: Map<InfoHash, number>,
    stateOf: (infoHash: InfoHash) => CachedShareStatus,
  ): void {
    for (const infoHash of asked.keys()) if (!stateOf(infoHash).asked) asked.delete(infoHash)
    if (asked.size === 0) this.#askedAt.delete(address)
  }
}
