/** How much web seeds are used: not at all, when peers do not suffice, or instead of peers. */
export type WebSeedUse = 'never' | 'fallback' | 'only'

/** What web seeds are to fetch right now: nothing, what no peer has, or all that is missing. */
export type WebSeedScope = 'nothing' | 'unheld' | 'all'

/** Peers have this long for their first byte, and a piece this long to find a holder among them. */
const FIRST_BYTE_MS = 3_000
const HOLDER_MS = 5_000

/** Bytes a second that peers together must bring, over this long. */
const TARGET_RATE = 256 * 1024
const WINDOW_MS = 10_000

/** Under a limit of the person's own, this share of it is enough. */
const LIMIT_SHARE = 0.5

/** They suffice again at so many times the target: between the two nothing changes, so that nothing flaps. */
const RELIEF = 1.5

/** How a download stands. */
export interface DownloadOutlook {
  /** Bytes that peers sent so far. */
  readonly peerBytes: number
  /** Something is wanted that is not here. */
  readonly missing: boolean
  /** Some of it no connected peer has. */
  readonly unheld: boolean
  /** The person's limit in bytes a second, or null. */
  readonly limit: number | null
}

/**
 * When web seeds begin and when they give the work back: at once when peers send nothing for three seconds or less than
 * the target over ten, and for pieces that none of them has for five; until peers bring half as much again as the target.
 * Time in which nothing is missing does not count. Holds no clock: `decide` is told the time.
 */
export class WebSeedPolicy {
  readonly #use: WebSeedUse
  #scope: WebSeedScope = 'nothing'
  /** Milliseconds for which something was missing. */
  #elapsed = 0
  #unheldSince: number | null = null
  #before: { readonly at: number; readonly missing: boolean; readonly peerBytes: number } | null = null
  /** Bytes of peers, against the milliseconds for which something was missing. */
  #samples: { readonly elapsed: number; readonly bytes: number }[] = [{ elapsed: 0, bytes: 0 }]

  constructor(use: WebSeedUse) {
    this.#use = use
  }

  /** What is right at `now`, in milliseconds of a clock that never goes back; called about once a second. */
  decide(outlook: DownloadOutlook, now: number): WebSeedScope {
    if (this.#use !== 'fallback') return this.#use === 'only' ? 'all' : 'nothing'
    this.#count(outlook, now)
    if (outlook.missing) this.#scope = this.#weigh(outlook)
    return this.#scope
  }

  #count({ missing, peerBytes, unheld }: DownloadOutlook, now: number): void {
    const {
      at,
      missing: wasMissing,
      peerBytes: bytesBefore,
    } = this.#before ?? { at: now, missing, peerBytes }
    this.#before = { at: now, missing, peerBytes }
    if (wasMissing) {
      this.#elapsed += now - at
      const bytes = (this.#samples.at(-1)?.bytes ?? 0) + peerBytes - bytesBefore
      this.#samples.push({ elapsed: this.#elapsed, bytes })
      while ((this.#samples[1]?.elapsed ?? this.#elapsed) <= this.#elapsed - WINDOW_MS) this.#samples.shift()
    }
    this.#unheldSince = missing && unheld ? (this.#unheldSince ?? this.#elapsed) : null
  }

  #weigh({ limit, peerBytes }: DownloadOutlook): WebSeedScope {
    const [oldest, newest] = [this.#samples[0], this.#samples.at(-1)]
    const span = (newest?.elapsed ?? 0) - (oldest?.elapsed ?? 0)
    const rate = span === 0 ? 0 : (1000 * ((newest?.bytes ?? 0) - (oldest?.bytes ?? 0))) / span
    const target = Math.min(TARGET_RATE, limit === null ? TARGET_RATE : LIMIT_SHARE * limit)
    const silent = peerBytes === 0 && this.#elapsed >= FIRST_BYTE_MS
    const slow = this.#elapsed >= WINDOW_MS && rate < target
    if (silent || slow || (this.#scope === 'all' && rate < RELIEF * target)) return 'all'
    const unheldFor = this.#unheldSince === null ? -1 : this.#elapsed - this.#unheldSince
    return unheldFor >= HOLDER_MS ? 'unheld' : 'nothing'
  }
}
