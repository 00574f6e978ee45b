import { clientNetwork } from './address.ts'
import { ADDRESS_FACTOR, ANNOUNCES_BURST, ANNOUNCES_PER_SECOND, SOCKETS_PER_ADDRESS } from './limits.ts'
import { TokenBucket } from './token-bucket.ts'

/** What all connections from one address use up together. */
export class AddressUse {
  readonly announces: TokenBucket
  /** Our own seeder, which has a connection for all shares. */
  readonly isOwn: boolean
  sockets = 0

  constructor(now: number, isOwn = false) {
    this.isOwn = isOwn
    this.announces = new TokenBucket(
      ADDRESS_FACTOR * ANNOUNCES_BURST,
      ADDRESS_FACTOR * ANNOUNCES_PER_SECOND,
      now,
    )
  }
}

/** Addresses that are in use, or were a moment ago. Kept in memory only, and never longer than their limits need. */
export class AddressUses {
  readonly #byNetwork = new Map<string, AddressUse>()

  /** What is used from `address` (as `addressBytes` has it). */
  of(address: string, now: number): AddressUse {
    const network = clientNetwork(address)
    const known = this.#byNetwork.get(network)
    if (known !== undefined) return known
    const use = new AddressUse(now)
    this.#byNetwork.set(network, use)
    return use
  }

  /** One more connection; false when there are too many. */
  connect(use: AddressUse): boolean {
    if (use.sockets >= SOCKETS_PER_ADDRESS) return false
    use.sockets += 1
    return true
  }

  sweep(now: number): void {
    for (const [network, use] of this.#byNetwork) {
      if (use.sockets === 0 && use.announces.isFull(now)) this.#byNetwork.delete(network)
    }
  }
}
