import { BackOff } from '../../base/back-off.ts'
import { setBackgroundTimeout } from '../../base/timer.ts'

/** The first retry comes after half a second; each failure doubles the wait. */
const FIRST_MS = 500
const MAX_MS = 20_000

/** An answered offer has this long to become a connection before the next announce. */
const CONNECT_MS = 4_000

/** The tracker waits five seconds for a sign of life of a socket that another one claims to replace. */
const REFUSED_MS = 5_500

/** Most unreached peers that are remembered. */
const UNREACHED_MAX = 200

/** After this many failures with one peer, new connections use a relay only. */
const DIRECT_TRIES = 2

/**
 * Decides when to announce again because a peer of the swarm is not connected. A failed connection is retried at once with
 * fresh candidates, then by relay, then at growing intervals; a lost connection is retried at once; and while the swarm
 * has others and none is connected, offers go out again. Jitter keeps the two sides from retrying in step.
 */
export class PeerRetry {
  readonly #announce: () => void
  readonly #failures = new Map<string, number>()
  readonly #backOff = new BackOff({ firstMs: FIRST_MS, maxMs: MAX_MS })
  #timer: ReturnType<typeof setTimeout> | null = null
  #due = Number.POSITIVE_INFINITY

  constructor(announce: () => void) {
    this.#announce = announce
  }

  /** Peers whose connection failed and that are not connected since. */
  get unreached(): number {
    return this.#failures.size
  }

  /** True when the next connections should use a relay, where there is one. */
  get byRelay(): boolean {
    for (const count of this.#failures.values()) if (count >= DIRECT_TRIES) return true
    return false
  }

  /** True after a failed connection: candidates are worth a longer wait. */
  get hasFailures(): boolean {
    return this.#failures.size > 0
  }

  /** Call when the tracker has answered: `others` are in the swarm, `connected` of them connected to us. */
  answered(others: number, connected: number): void {
    // The unreached peers have left.
    if (others <= connected) this.#failures.clear()
    else if (connected === 0) this.#schedule(Math.max(CONNECT_MS, this.#backOff.next()))
  }

  /** Call when the tracker has refused us, as it does until it knows that our previous socket is dead. */
  refused(): void {
    this.#schedule(Math.max(REFUSED_MS, this.#backOff.next()))
  }

  connected(peer: string): void {
    this.#failures.delete(peer)
    this.#backOff.reset()
    if (this.#failures.size === 0) this.stop()
  }

  /** Call when a connection could not be made. */
  failed(peer: string): void {
    const count = (this.#failures.get(peer) ?? 0) + 1
    this.#failures.delete(peer)
    this.#failures.set(peer, count)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > UNREACHED_MAX && oldest !== undefined) this.#failures.delete(oldest)
    this.#schedule(this.#backOff.next())
  }

  /** Call when an established connection has broken. */
  lost(): void {
    this.#backOff.reset()
    this.#schedule(this.#backOff.next())
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#due = Number.POSITIVE_INFINITY
  }

  #schedule(milliseconds: number): void {
    const due = performance.now() + milliseconds
    if (due >= this.#due) return
    this.stop()
    this.#due = due
    this.#timer = setBackgroundTimeout(() => {
      this.stop()
      this.#announce()
    }, milliseconds)
  }
}
