import { debug } from '../../base/debug.ts'
import type { TokenBuckets } from '../../base/token-bucket.ts'
import type { WebSeedUse } from '../../network/swarm-network.ts'
import type { Metainfo } from '../../torrent/metainfo.ts'
import type { BanList } from '../schedule/ban-list.ts'
import type { Scheduler } from '../schedule/scheduler.ts'
import type { WebSeedSnapshot } from '../view/snapshot.ts'
import { WebSeed } from './web-seed.ts'
import { WebSeedPolicy, type WebSeedScope } from './web-seed-policy.ts'

const log = debug('engine:web-seeds')

/** How often we decide whether web seeds are needed. */
const DECISION_MS = 1_000

/** Most addresses that are tried; a `.torrent` may have any number. */
const TRIED_MAX = 256

/** Most that are tried at a time: the next ones get their turn when some fail. */
const OPEN_MAX = 24

interface WebSeedsOptions {
  /** BEP 19 URLs, untrusted. */
  readonly urls: readonly string[]
  readonly use: WebSeedUse
  readonly metainfo: Metainfo
  readonly scheduler: Scheduler
  readonly limit: TokenBuckets
  readonly banList: BanList
  /** The next snapshots would differ. */
  readonly onChange: () => void
}

/** The web seeds (BEP 19) of a running swarm: HTTP servers with the same files, which give as much as `WebSeedUse` says. */
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
    const { banList, limit, metainfo, onChange, scheduler, urls, use } = options
    this.#policy = new WebSeedPolicy(use)
    const onRoom = () => this.fill()
    this.#seeds = [...new Set(urls)]
      .slice(0, TRIED_MAX)
      .map(url => new WebSeed({ url, metainfo, scheduler, limit, banList, onChange, onRoom }))
    // Also wakes those that wait after a failure.
    this.#timer = this.#seeds.length === 0 ? null : setInterval(() => this.fill(), DECISION_MS)
  }

  /** True while one of them is sending. */
  get active(): boolean {
    return this.#seeds.some(seed => seed.active)
  }

  /** True unless every one of them was given up, or none is used. */
  get isHopeful(): boolean {
    return this.#options.use !== 'never' && this.#seeds.some(seed => !seed.isGivenUp)
  }

  /** Start whatever requests are possible now. */
  fill(): void {
    if (this.#stopped || this.#seeds.length === 0) return
    const now = performance.now()
    // Also between timer ticks: hidden tabs get one a minute.
    if (now - this.#decidedAt >= DECISION_MS / 2) this.#decide(now)
    if (this.#scope === 'nothing' && !this.active) return
    let open = 0
    for (const seed of this.#seeds) {
      if (seed.isOpen(now)) open++
      else if (!seed.active) continue
      if (open > OPEN_MAX && !seed.active) continue
      seed.fill(this.#scope, now)
    }
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
    const { peerBytes } = scheduler
    const serverBytes = this.#seeds.reduce((sum, seed) => sum + seed.downloaded, 0)
    const scope = this.#policy.decide({ ...outlook, peerBytes, serverBytes, limit: limit.rate }, now)
    if (scope !== this.#scope) log('scope', { scope, peerBytes, serverBytes })
    this.#scope = scope
  }
}
