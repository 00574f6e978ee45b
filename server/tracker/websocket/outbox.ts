/** A connection as its outbox sees it. */
interface Outlet {
  /** Writes all that was collected. */
  flush(): void
}

/**
 * Flushes connections at the end of a turn of the event loop, so that all messages of that turn take one write for each
 * client: writes are most of a tracker's work.
 */
export class Outbox {
  #waiting: Outlet[] = []

  /** Flushes `outlet` once after this turn. Call with its first message of the turn. */
  add(outlet: Outlet): void {
    if (this.#waiting.push(outlet) === 1) setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const outlet of waiting) outlet.flush()
  }
}
