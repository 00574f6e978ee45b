interface RoomLimits {
  /** Bytes that all addresses may hold together. */
  readonly total: number
  /** Bytes of one address (`clientNetwork`). */
  readonly perAddress: number
}

/** A holder of room, which can be ended to make room for others. */
interface Holder {
  /** Whether it has held its room for so long, or moves so slowly, that others come first. */
  isSlow(): boolean
  /** Ends it; its room is free afterwards. */
  end(): void
}

interface Held {
  readonly address: string
  readonly bytes: number
  readonly holder: Holder
}

/**
 * Memory that clients make this server hold: bodies of requests that are not complete, and answers that are not read. It is
 * taken before anything is read or sent. In memory only.
 */
export class ByteRoom {
  readonly #limits: RoomLimits
  readonly #held = new Set<Held>()
  readonly #byAddress = new Map<string, number>()
  #total = 0

  constructor(limits: RoomLimits) {
    this.#limits = limits
  }

  /** Takes `bytes` for `address` until what it returns is called; null when there is no room. */
  take(address: string, bytes: number, holder: Holder): (() => void) | null {
    if (!this.#fits(address, bytes)) this.#endSlow(address)
    if (!this.#fits(address, bytes)) return null
    const held = { address, bytes, holder }
    this.#held.add(held)
    this.#count(address, bytes)
    return () => this.#free(held)
  }

  #fits(address: string, bytes: number): boolean {
    const { perAddress, total } = this.#limits
    return this.#total + bytes <= total && (this.#byAddress.get(address) ?? 0) + bytes <= perAddress
  }

  /** Where all is taken, slow ones of every address end; otherwise those of the address itself. */
  #endSlow(address: string): void {
    const isFull = this.#total + this.#limits.perAddress > this.#limits.total
    for (const held of [...this.#held]) {
      if ((isFull || held.address === address) && held.holder.isSlow()) {
        this.#free(held)
        held.holder.end()
      }
    }
  }

  #free(held: Held): void {
    if (this.#held.delete(held)) this.#count(held.address, -held.bytes)
  }

  #count(address: string, bytes: number): void {
    this.#total += bytes
    const left = (this.#byAddress.get(address) ?? 0) + bytes
    if (left > 0) this.#byAddress.set(address, left)
    else this.#byAddress.delete(address)
  }
}
