/** A connection as its outbox sees it. */
interface Outlet {
  /** Write all that was collected. */
  flush(): void
}

/**
 * Calls connections at the end of a turn of the event loop, so that a client gets what was sent to it in one write: writes
 * are most of what a tracker does.
 */
export class Outbox {
  #waiting: Outlet[] = []

  /** Flush `outlet` once after this turn; called when it has something first. */
  add(outlet: Outlet): void {
    if (this.#waiting.push(outlet) === 1) setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const outlet of waiting) outlet.flush()
  }
}
