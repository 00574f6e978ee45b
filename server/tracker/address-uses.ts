import { clientNetwork } from '../base/address.ts'
import { TokenBucket } from '../base/rate-limiter.ts'
import { ANNOUNCES_OF_ADDRESS, SOCKETS_PER_ADDRESS } from './limits.ts'

/** What all connections from one address use up together. */
export class AddressUse {
  readonly announces = new TokenBucket(ANNOUNCES_OF_ADDRESS)
  /** Our own seeder, which has a connection for all shares. */
  readonly isOwn: boolean
  sockets = 0

  constructor(isOwn = false) {
    this.isOwn = isOwn
  }
}

/** Addresses that are in use, or were a moment ago. Kept in memory only, and never longer than their limits need. */
export class AddressUses {
  readonly #byNetwork = new Map<string, AddressUse>()

  /** What is used from `address` (as `addressBytes` has it). */
  of(address: string): AddressUse {
    const network = clientNetwork(address)
    const known = this.#byNetwork.get(network)
    if (known !== undefined) return known
    const use = new AddressUse()
    this.#byNetwork.set(network, use)
    return use
  }

  /** One more connection; false when there are too many and that is `limited`. */
  connect(use: AddressUse, limited: boolean): boolean {
    if (limited && use.sockets >= SOCKETS_PER_ADDRESS) return false
    use.sockets += 1
    return true
  }

  sweep(now: number): void {
    for (const [network, use] of this.#byNetwork) {
      if (use.sockets === 0 && use.announces.isFull(now)) this.#byNetwork.delete(network)
    }
  }
}
