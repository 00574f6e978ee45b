import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

const WINDOW_MS = 60_000
const ID_BYTES = 8

/**
 * Connection ids of BEP 15: proof that a client gets what is sent to its address, so that nobody can have us send to
 * others. Nothing is kept for them: an id is a keyed digest of the address and the minute.
 */
export class ConnectionIds {
  readonly #secret = randomBytes(32)

  /** The id for the client at `address` (bytes) from now on; `now` in milliseconds. */
  issue(address: string, now: number): string {
    return this.#idOf(address, Math.floor(now / WINDOW_MS)).toString('latin1')
  }

  /** Whether `id` was issued to that address within the last two minutes (or three, as the minute goes). */
  isValid(id: string, address: string, now: number): boolean {
    const bytes = Buffer.from(id, 'latin1')
    const current = Math.floor(now / WINDOW_MS)
    return [0, 1, 2].some(age => timingSafeEqual(bytes, this.#idOf(address, current - age)))
  }

  #idOf(address: string, window: number): Buffer {
    return createHmac('sha256', this.#secret)
      .update(`${window}:${address}`, 'latin1')
      .digest()
      .subarray(0, ID_BYTES)
  }
}
