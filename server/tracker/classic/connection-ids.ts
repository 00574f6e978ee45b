import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const WINDOW_MS = 60_000
const ID_BYTES = 8

/**
 * Connection ids of the UDP tracker protocol (BEP 15): proof that a client receives what is sent to its address, so that
 * nobody can make us send to others by a forged one. They need no memory: an id is a keyed digest of address and minute.
 */
export class ConnectionIds {
  readonly #own = randomBytes(32)
  readonly #shared: () => Buffer | undefined

  /** `shared` is the secret of all nodes that accept each other's ids, if there is one. */
  constructor(shared: () => Buffer | undefined = () => undefined) {
    this.#shared = shared
  }

  /** The id for a client at `address` (bytes), as 8 UTF-16 units of one byte; `now` in milliseconds, of Unix time where nodes share a secret. */
  issue(address: string, now: number): string {
    return this.#idOf(address, Math.floor(now / WINDOW_MS)).toString('latin1')
  }

  /** Whether `id` was issued to `address` lately: valid for two minutes at least, three at most. */
  isValid(id: string, address: string, now: number): boolean {
    const bytes = Buffer.from(id, 'latin1')
    const current = Math.floor(now / WINDOW_MS)
    // Clocks of other nodes may be ahead.
    return [-1, 0, 1, 2].some(age => timingSafeEqual(bytes, this.#idOf(address, current - age)))
  }

  #idOf(address: string, window: number): Buffer {
    return createHmac('sha256', this.#shared() ?? this.#own)
      .update(`${window}:${address}`, 'latin1')
      .digest()
      .subarray(0, ID_BYTES)
  }
}
