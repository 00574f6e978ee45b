/** A first try after half a second; each that brings nobody doubles the wait. */
const FIRST_MS = 500
const MOST_MS = 20_000

/** An offer that was answered has so long to become a connection before the next announce. */
const CONNECT_MS = 4_000

/** The tracker gives a socket that another one says it replaces so long for a sign of life, and a little more. */
const REFUSED_MS = 5_500

/** Peers that were not reached are remembered, as many of them. */
const UNREACHED_MAX = 200

/** After so many failures with one peer, everything goes through a relay. */
const DIRECT_TRIES = 2

/**
 * When to announce anew because a peer that is there is not connected: one whose connection failed is tried again at once
 * with fresh candidates, then by relay, then ever more seldom; one that was lost is called back; and while others are in the
 * swarm and nobody is connected, offers go out again. Jitter keeps the two sides from calling each other in step.
 */
export class Redial {
  readonly #announce: () => void
  readonly #failures = new Map<string, number>()
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | null = null
  #due = Number.POSITIVE_INFINITY

  constructor(announce: () => void) {
    this.#announce = announce
  }

  /** Peers whose connection failed and that are not connected now. */
  get unreached(): number {
    return this.#failures.size
  }

  /** Whether the next connections are to go through a relay where there is one. */
  get byRelay(): boolean {
    for (const count of this.#failures.values()) if (count >= DIRECT_TRIES) return true
    return false
  }

  /** Whether a connection failed lately, so that candidates are worth a longer wait. */
  get patient(): boolean {
    return this.#failures.size > 0
  }

  /** The tracker answered: `others` are in the swarm, `connected` of them with us. */
  answered(others: number, connected: number): void {
    // Who was not reached has left.
    if (others <= connected) this.#failures.clear()
    else if (connected === 0) this.#schedule(Math.max(CONNECT_MS, this.#wait()))
  }

  /** The tracker refused us, as it does until it knows that our last socket is dead. */
  refused(): void {
    this.#schedule(Math.max(REFUSED_MS, this.#wait()))
  }

  connected(peer: string): void {
    this.#failures.delete(peer)
    this.#tries = 0
    if (this.#failures.size === 0) this.stop()
  }

  /** A connection did not come about. */
  failed(peer: string): void {
    const count = (this.#failures.get(peer) ?? 0) + 1
    this.#failures.delete(peer)
    this.#failures.set(peer, count)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > UNREACHED_MAX && oldest !== undefined) this.#failures.delete(oldest)
    this.#schedule(this.#wait())
  }

  /** A connection broke that nobody ended. */
  lost(): void {
    this.#tries = 0
    this.#schedule(this.#wait())
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#due = Number.POSITIVE_INFINITY
  }

  #wait(): number {
    const limit = Math.min(MOST_MS, FIRST_MS * 2 ** this.#tries)
    this.#tries++
    return limit * (0.5 + Math.random() / 2)
  }

  #schedule(milliseconds: number): void {
    const due = performance.now() + milliseconds
    if (due >= this.#due) return
    this.stop()
    this.#due = due
    this.#timer = setTimeout(() => {
      this.stop()
      this.#announce()
    }, milliseconds)
    // It does not keep a process alive that has nothing else to do.
    if (typeof this.#timer === 'object') this.#timer.unref()
  }
}
