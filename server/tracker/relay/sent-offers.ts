import type { TabPeer } from '../swarms/swarm.ts'
import type { Id } from '../wire-text.ts'
import type { Timing } from './timing.ts'

/** As long as the other node accepts an answer, and a moment for its way. */
const LIFE_MS = 65_000

/** Offers that went to other nodes and may be answered: an answer reaches the peer that made the offer and nobody else. */
export class SentOffers {
  readonly #timing: Timing
  /** The oldest first. */
  readonly #byKey = new Map<string, { readonly peer: TabPeer; readonly until: number }>()

  constructor(timing: Timing) {
    this.#timing = timing
  }

  add(infoHash: Id, peer: TabPeer, offerId: Id): void {
    const key = infoHash + peer.id + offerId
    this.#byKey.delete(key)
    this.#byKey.set(key, { peer, until: this.#timing.now() + LIFE_MS })
  }

  /** Who made the offer; undefined when nobody did, or it was answered already, or its time is over. */
  take(infoHash: Id, offererId: Id, offerId: Id): TabPeer | undefined {
    const key = infoHash + offererId + offerId
    const found = this.#byKey.get(key)
    this.#byKey.delete(key)
    return found !== undefined && found.until >= this.#timing.now() ? found.peer : undefined
  }

  /** Drops those whose time is over. */
  sweep(): void {
    const now = this.#timing.now()
    for (const [key, { until }] of this.#byKey) {
      if (until >= now) return
      this.#byKey.delete(key)
    }
  }
}
