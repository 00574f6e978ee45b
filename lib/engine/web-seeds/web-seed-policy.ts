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

/** Servers come back when peers deliver less than this fraction of what servers would. */
const WORSE = 0.8

/** Factor by which the remembered rate of servers falls with each decision, while they have become slower. */
const FADING = 0.9

/** While peers and servers together deliver this fraction of it, servers have not become slower: peers take a part of the line. */
const SAME_LINE = 0.7

/** Peers alone that now deliver more than this multiple of what they did beside servers had shared a full line with them. */
const RISEN = 1.15

/** Peers that turned out to give less alone are not tried again for so long, and twice as long each time. */
const TRY_AGAIN_MS = 15_000
const TRY_AGAIN_MAX_MS = 240_000

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
 * when peers deliver as much as they do, and come back when peers alone deliver less than servers would. What servers would give is measured
 * while they give: one that many readers share gives each of them little, so that peers soon give as much. On a line that is full, what
 * peers take is missing from what servers give; that does not make servers slower.
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
  /** Bytes a second that servers would give, by what they last gave. */
  #worth = 0
  /** What both gave when servers were stopped, until it is known what peers give alone. */
  #stopped: { readonly at: number; readonly peers: number; readonly servers: number } | null = null
  /** When peers may be tried alone, and after how long again if they are not enough. */
  #tryFrom = 0
  #tryAgainMs = TRY_AGAIN_MS

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
    const enough = enoughOf(limit)
    if (this.#scope !== 'all') {
      if (peers >= Math.min(this.#neededAlone(peers), enough)) return this.#unheldScope()
      this.#tryFrom = this.#elapsed + this.#tryAgainMs
      this.#tryAgainMs = Math.min(2 * this.#tryAgainMs, TRY_AGAIN_MAX_MS)
      return 'all'
    }
    const isSlower = peers + servers < SAME_LINE * this.#worth
    this.#worth = Math.max(servers, (isSlower ? FADING : 1) * this.#worth)
    // On a full line that both share, as much as servers give beside them is half of what servers would give.
    const asMuch = this.#elapsed >= this.#tryFrom ? servers : this.#worth
    const target = Math.max(RELIEF * TARGET_RATE, asMuch)
    if (this.#elapsed < COMPARE_MS || peers < Math.min(target, enough)) return 'all'
    this.#stopped = { at: this.#elapsed, peers, servers }
    return this.#unheldScope()
  }

  /** Bytes a second that peers alone must deliver. Learns, once they were alone for long enough, what servers would give. */
  #neededAlone(peers: number): number {
    const stopped = this.#stopped
    if (stopped && this.#elapsed - stopped.at < COMPARE_MS)
      return Math.max(TARGET_RATE, WORSE * stopped.servers)
    if (stopped) {
      // Either the line was full, and servers alone would fill it too; or it was not, and they would give no more than they did.
      const wasFull = peers >= RISEN * stopped.peers
      this.#worth = wasFull ? Math.max(this.#worth, stopped.peers + stopped.servers) : stopped.servers
      this.#stopped = null
    }
    return Math.max(TARGET_RATE, WORSE * this.#worth)
  }

  #unheldScope(): WebSeedScope {
    const unheldFor = this.#unheldSince === null ? -1 : this.#elapsed - this.#unheldSince
    return unheldFor >= HOLDER_MS ? 'unheld' : 'nothing'
  }
}

/** Bytes a second that are enough, given the person's limit. */
const enoughOf = (limit: number | null): number => (limit === null ? Infinity : LIMIT_FRACTION * limit)
