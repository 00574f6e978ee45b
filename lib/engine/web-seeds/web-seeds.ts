import type { TokenBuckets } from '../../base/token-bucket.ts'
import { WEB_SEEDS_MAX } from '../../protocol/share.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { Blame } from '../schedule/ban-list.ts'
import type { Scheduler } from '../schedule/scheduler.ts'
import type { WebSeedSnapshot } from '../view/snapshot.ts'
import { WebSeedPolicy, type WebSeedScope, type WebSeedUse } from '../web-seed-policy.ts'
import { WebSeed } from './web-seed.ts'

/** How often it is decided anew whether web seeds are needed. */
const DECISION_MS = 1_000

interface WebSeedsOptions {
  /** BEP 19 URLs, untrusted. */
  readonly urls: readonly string[]
  readonly use: WebSeedUse
  readonly metainfo: Metainfo
  readonly scheduler: Scheduler
  readonly limit: TokenBuckets
  readonly blame: Blame
  /** The next snapshots would differ. */
  readonly onChange: () => void
}

/** The web seeds (BEP 19) of a swarm that runs: HTTP servers that have the same files, for when peers do not suffice. */
export class WebSeeds {
  readonly #options: WebSeedsOptions
  readonly #policy: WebSeedPolicy
  readonly #seeds: readonly WebSeed[]
  readonly #timer: ReturnType<typeof setInterval> | null
  #scope: WebSeedScope = 'nothing'
  #decidedAt = Number.NEGATIVE_INFINITY
  #stopped = false

  constructor(options: WebSeedsOptions) {
    this.#options = options
    const { blame, limit, metainfo, onChange, scheduler, urls, use } = options
    this.#policy = new WebSeedPolicy(use)
    const onRoom = () => this.fill()
    this.#seeds = [...new Set(urls)]
      // The server's own, and those that were added.
      .slice(0, 1 + WEB_SEEDS_MAX)
      .map(url => new WebSeed({ url, metainfo, scheduler, limit, blame, onChange, onRoom }))
    // Also for those that wait after a failure.
    this.#timer = this.#seeds.length === 0 ? null : setInterval(() => this.fill(), DECISION_MS)
  }

  /** True while one of them sends. */
  get active(): boolean {
    return this.#seeds.some(seed => seed.active)
  }

  /** Give them what there is to do. */
  fill(): void {
    if (this.#stopped || this.#seeds.length === 0) return
    const now = performance.now()
    // Also between the ticks of a timer: hidden tabs get one a minute.
    if (now - this.#decidedAt >= DECISION_MS / 2) this.#decide(now)
    if (this.#scope === 'nothing' && !this.active) return
    for (const seed of this.#seeds) seed.fill(this.#scope, now)
  }

  snapshots(now: number): WebSeedSnapshot[] {
    return this.#seeds.map(seed => seed.snapshot(now))
  }

  stop(): void {
    this.#stopped = true
    if (this.#timer !== null) clearInterval(this.#timer)
    for (const seed of this.#seeds) seed.stop()
  }

  #decide(now: number): void {
    const { limit, scheduler } = this.#options
    this.#decidedAt = now
    const outlook = scheduler.claims.outlook()
    this.#scope = this.#policy.decide({ ...outlook, peerBytes: scheduler.peerBytes, limit: limit.rate }, now)
  }
}
