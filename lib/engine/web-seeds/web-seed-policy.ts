import type { WebSeedUse } from '../../network/swarm-network.ts'

/** What web seeds fetch right now: nothing, what no peer has, or everything that is missing. */
export type WebSeedScope = 'nothing' | 'unheld' | 'all'

/** How long peers have for their first byte, and how long a piece may be missing from all of them. */
const FIRST_BYTE_MS = 3_000
const HOLDER_MS = 5_000

/** Bytes a second that all peers together must deliver, measured over this long. */
const TARGET_RATE = 256 * 1024
const WINDOW_MS = 10_000

/** With a download limit, this fraction of it is enough. */
const LIMIT_FRACTION = 0.5

/** Peers suffice again at this multiple of the target: the gap prevents switching back and forth. */
const RELIEF = 1.5

/** Peers and servers are compared over this long. */
const COMPARE_MS = 3_000

/** Servers come back when peers deliver less than this fraction of what servers did. */
const WORSE = 0.7

/** Factor by which the remembered rate of servers falls with each decision, while newer rates are lower. */
const FADING = 0.9

/** The state of a download, as far as it matters here. */
export interface DownloadOutlook {
  /** Bytes received from peers so far. */
  readonly peerBytes: number
  /** The same from web seeds. */
  readonly serverBytes: number
  /** Something that is wanted is missing. */
  readonly missing: boolean
  /** Some of it is held by no connected peer. */
  readonly unheld: boolean
  /** The person's limit in bytes a second, or null. */
  readonly limit: number | null
}

interface Sample {
  /** Milliseconds for which something was missing. */
  readonly elapsed: number
  readonly peers: number
  readonly servers: number
}

/**
 * Decides when web seeds start and stop; see `WEB_SEED_SHARES` for who may say how.
 *
 * `fallback`: they start when peers have sent nothing for three seconds or less than the target over ten, and for pieces that no
 * peer has had for five; they stop when peers deliver half as much again as the target. `first`: they start at once, stop
 * when peers deliver as much as they do, and come back when peers deliver less. What a server does is measured while it gives: one that
 * many readers share gives each of them little, so that peers soon give as much.
 *
 * Time in which nothing is missing does not count. Has no clock: `decide` gets the time.
 */
export class WebSeedPolicy {
  readonly #use: WebSeedUse
  #scope: WebSeedScope
  /** Milliseconds for which something was missing. */
  #elapsed = 0
  #unheldSince: number | null = null
  #before: ({ readonly at: number } & DownloadOutlook) | null = null
  #samples: Sample[] = [{ elapsed: 0, peers: 0, servers: 0 }]
  /** Bytes a second that servers gave when they were last asked. */
  #worth = 0

  constructor(use: WebSeedUse) {
    this.#use = use
    this.#scope = use === 'never' || use === 'fallback' ? 'nothing' : 'all'
  }

  /** The scope at `now`, in milliseconds of a monotonic clock; called about once a second. */
  decide(outlook: DownloadOutlook, now: number): WebSeedScope {
    if (this.#use === 'fallback' || this.#use === 'first') {
      this.#count(outlook, now)
      if (outlook.missing) this.#scope = this.#use === 'first' ? this.#compare(outlook) : this.#weigh(outlook)
    }
    return this.#scope
  }

  #count(outlook: DownloadOutlook, now: number): void {
    const { missing, peerBytes, serverBytes, unheld } = outlook
    const before = this.#before ?? { ...outlook, at: now }
    this.#before = { ...outlook, at: now }
    if (before.missing) {
      this.#elapsed += now - before.at
      const last = this.#samples.at(-1)
      this.#samples.push({
        elapsed: this.#elapsed,
        peers: (last?.peers ?? 0) + peerBytes - before.peerBytes,
        servers: (last?.servers ?? 0) + serverBytes - before.serverBytes,
      })
      while ((this.#samples[1]?.elapsed ?? this.#elapsed) <= this.#elapsed - WINDOW_MS) this.#samples.shift()
    }
    this.#unheldSince = missing && unheld ? (this.#unheldSince ?? this.#elapsed) : null
  }

  /** Bytes a second over the last `windowMs`. */
  #rates(windowMs: number): { readonly peers: number; readonly servers: number } {
    const newest = this.#samples.at(-1)
    const from =
      this.#samples.findLast(({ elapsed }) => elapsed <= this.#elapsed - windowMs) ?? this.#samples[0]
    const span = (newest?.elapsed ?? 0) - (from?.elapsed ?? 0)
    if (!newest || !from || span === 0) return { peers: 0, servers: 0 }
    return {
      peers: (1000 * (newest.peers - from.peers)) / span,
      servers: (1000 * (newest.servers - from.servers)) / span,
    }
  }

  #weigh({ limit, peerBytes }: DownloadOutlook): WebSeedScope {
    const rate = this.#rates(WINDOW_MS).peers
    const target = Math.min(TARGET_RATE, enoughOf(limit))
    const silent = peerBytes === 0 && this.#elapsed >= FIRST_BYTE_MS
    const slow = this.#elapsed >= WINDOW_MS && rate < target
    if (silent || slow || (this.#scope === 'all' && rate < RELIEF * target)) return 'all'
    return this.#unheldScope()
  }

  #compare({ limit }: DownloadOutlook): WebSeedScope {
    const { peers, servers } = this.#rates(COMPARE_MS)
    const isGiving = this.#scope === 'all'
    if (isGiving) this.#worth = Math.max(servers, FADING * this.#worth)
    const floor = isGiving ? RELIEF * TARGET_RATE : TARGET_RATE
    const target = Math.max(floor, isGiving ? this.#worth : WORSE * this.#worth)
    const isEarly = this.#elapsed < COMPARE_MS
    if ((isGiving && isEarly) || peers < Math.min(target, enoughOf(limit))) return 'all'
    return this.#unheldScope()
  }

  #unheldScope(): WebSeedScope {
    const unheldFor = this.#unheldSince === null ? -1 : this.#elapsed - this.#unheldSince
    return unheldFor >= HOLDER_MS ? 'unheld' : 'nothing'
  }
}

/** Bytes a second that are enough, given the person's limit. */
const enoughOf = (limit: number | null): number => (limit === null ? Infinity : LIMIT_FRACTION * limit)
