import { type Rate, RateLimiter } from './rate-limiter.ts'

/** At this number of addresses, those without recent activity are forgotten. */
const ADDRESSES_MAX = 10_000

/** One rate limit for each address (`clientNetwork`); in memory only. */
export class AddressRates {
  readonly #rate: Rate
  readonly #byAddress = new Map<string, RateLimiter>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Takes `count` if as many may pass now; else returns false and takes none. */
  take(address: string, count = 1): boolean {
    const now = Math.floor(performance.now())
    if (this.#byAddress.size >= ADDRESSES_MAX) this.#sweep(now)
    const limiter = this.#byAddress.get(address) ?? new RateLimiter(this.#rate)
    this.#byAddress.set(address, limiter)
    return limiter.take(now, count)
  }

  /** Whether one more may pass now; takes none. */
  has(address: string): boolean {
    return this.#byAddress.get(address)?.has(Math.floor(performance.now())) ?? true
  }

  #sweep(now: number): void {
    for (const [address, limiter] of this.#byAddress) if (limiter.isFull(now)) this.#byAddress.delete(address)
  }
}
