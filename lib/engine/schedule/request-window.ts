/** Bytes requested from one peer at a time: about two seconds at its rate, within these bounds. */
const MIN_BYTES = 256 * 1024
const MAX_BYTES = 4 * 1024 * 1024
const SECONDS = 2

/** From this round trip on the window follows the line instead: on shorter ones it costs nothing to ask for more. */
const LONG_MS = 10

/**
 * On a long line, so many times what it holds: enough to keep it busy, and little enough that a queue before its narrowest
 * place does not overflow. An SCTP association takes seconds to recover from such a loss.
 */
const LINE_FULLS = 2
/** Milliseconds that two busy tabs take to ask, to read a block and to hand it on, together. With less, the window and the rate shrink each other. */
const ANSWER_MS = 60
/** Each further connection has blocks of its own on their way. More than that fills the receive buffer of a browser (64 KiB) whose processor is late. */
const LANE_BYTES = 96 * 1024
const LONG_MAX_BYTES = 24 * 1024 * 1024

/** The rate is measured over this long, or two round trips; the highest of the last few counts, so that a pause does not shrink the window. */
const INTERVAL_MS = 100
const INTERVALS = 12

/**
 * How many bytes may be requested from a peer at a time. On a line with a known round trip it is a multiple of its bandwidth-delay
 * product, which starts small and grows with every interval in which more arrived than before. Times are milliseconds
 * of `performance.now()`.
 */
export class RequestWindow {
  readonly #connections: () => number
  #roundTripMs: number | null = null
  #bytes = 0
  #since: number | null = null
  /** Bytes a second of the last intervals. */
  readonly #rates: number[] = []

  /** `connections`: how many carry the peer's blocks now. */
  constructor(connections = () => 1) {
    this.#connections = connections
  }

  /** A measured round trip; the shortest counts, because later ones have our own queues in them. */
  setRoundTrip(milliseconds: number): void {
    this.#roundTripMs = Math.min(this.#roundTripMs ?? milliseconds, milliseconds)
  }

  /** Bytes arrived. */
  received(bytes: number, now: number): void {
    this.#since ??= now
    this.#bytes += bytes
    const passed = now - this.#since
    if (passed < Math.max(INTERVAL_MS, 2 * (this.#roundTripMs ?? 0))) return
    this.#rates.push((1000 * this.#bytes) / passed)
    if (this.#rates.length > INTERVALS) this.#rates.shift()
    this.#since = now
    this.#bytes = 0
  }

  /** `rate`: bytes a second over the last seconds. */
  bytes(rate: number): number {
    const roundTripMs = this.#roundTripMs
    if (roundTripMs === null || roundTripMs < LONG_MS) {
      return clamp(SECONDS * rate, MIN_BYTES, MAX_BYTES)
    }
    const min = MIN_BYTES + LANE_BYTES * (this.#connections() - 1)
    if (this.#rates.length === 0) return min
    const perMs = Math.max(...this.#rates) / 1000
    return clamp(LINE_FULLS * perMs * (roundTripMs + ANSWER_MS), min, LONG_MAX_BYTES)
  }
}

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value))
