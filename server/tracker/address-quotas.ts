import { clientNetwork, isLoopback } from '../base/address.ts'
import { RateLimiter } from '../base/rate-limiter.ts'
import { ANNOUNCES_OF_ADDRESS, PEERS_OF_ADDRESS, SOCKETS_PER_ADDRESS } from './limits.ts'

/** What all connections from one address use together. */
export class AddressQuota {
  readonly announces = new RateLimiter(ANNOUNCES_OF_ADDRESS)
  /** `seeder`: our own, which has one connection for all shares and no limits. */
  readonly kind: 'client' | 'seeder'
  /** The address, or the part of it that limits apply to (`clientNetwork`). */
  readonly network: string
  /** Most peers that it may have in one swarm. */
  readonly peersMax: number
  sockets = 0

  constructor(
    kind: 'client' | 'seeder' = 'client',
    network = '',
    peersMax: number = Number.POSITIVE_INFINITY,
  ) {
    this.kind = kind
    this.network = network
    this.peersMax = peersMax
  }
}

interface QuotaOptions {
  /** False for load tests: nothing is ever refused. */
  readonly limited: boolean
  /** Most peers of an address in one swarm. Undefined: `PEERS_OF_ADDRESS`, and no limit for clients of this machine. */
  readonly peersPerAddress?: number | undefined
}

/** Quotas of addresses in use. In memory only, and no longer than their limits need. */
export class AddressQuotas {
  readonly #byNetwork = new Map<string, AddressQuota>()
  readonly #options: QuotaOptions

  constructor(options: QuotaOptions) {
    this.#options = options
  }

  /** The quota of `address`, in the form of `addressBytes`. */
  of(address: string): AddressQuota {
    const network = clientNetwork(address)
    const known = this.#byNetwork.get(network)
    if (known !== undefined) return known
    const quota = new AddressQuota('client', network, this.#peersMax(address))
    this.#byNetwork.set(network, quota)
    return quota
  }

  /** Counts one more connection; false, and nothing is counted, when there are too many. */
  connect(quota: AddressQuota): boolean {
    if (this.#options.limited && quota.sockets >= SOCKETS_PER_ADDRESS) return false
    quota.sockets += 1
    return true
  }

  /** Forgets addresses without connections whose rate limit is unused. `now` in milliseconds of the tracker's clock. */
  sweep(now: number): void {
    for (const [network, quota] of this.#byNetwork) {
      if (quota.sockets === 0 && quota.announces.isFull(now)) this.#byNetwork.delete(network)
    }
  }

  #peersMax(address: string): number {
    const { limited, peersPerAddress } = this.#options
    if (!limited) return Number.POSITIVE_INFINITY
    return peersPerAddress ?? (isLoopback(address) ? Number.POSITIVE_INFINITY : PEERS_OF_ADDRESS)
  }
}
