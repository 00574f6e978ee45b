import { RateMeter } from '../../../base/rate-meter.ts'

/** How fast a connection sends is measured over this time. */
const WINDOW_MS = 1_500

/** A connection that has hardly sent yet is taken to be as fast as this, in bytes a second. */
const UNKNOWN_RATE = 1024 * 1024

/** A connection that blocks can be handed to. */
export interface Outlet {
  /** Bytes that wait to be sent. */
  readonly buffered: number
  /** Milliseconds until `bytes` more would have left it. */
  delayMs(bytes: number): number
}

/** How fast one connection sends, from what was handed to it and what still waits. */
export class SendingRate {
  readonly #meter = new RateMeter(WINDOW_MS)
  #handed = 0

  /** `bytes` were handed over just now, and `buffered` wait, these included. */
  add(bytes: number, buffered: number): void {
    this.#handed += bytes
    this.#meter.update(Math.max(0, this.#handed - buffered), performance.now())
  }

  /** See `Outlet`. One with nothing to send was slow for lack of blocks, not because of the line. */
  delayMs(bytes: number, buffered: number): number {
    if (buffered === 0) return 0
    return (1000 * (buffered + bytes)) / (this.#meter.rate() || UNKNOWN_RATE)
  }
}
