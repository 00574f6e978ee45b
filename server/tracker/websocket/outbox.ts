/** A connection as its outbox sees it. */
interface Outlet {
  write(bytes: string): void
  endSocket(): void
}

/**
 * Collects what is sent during one turn of the event loop, so that a client gets it in one write: writes are most of
 * what a tracker does.
 */
export class Outbox {
  readonly #waiting = new Map<Outlet, string>()
  readonly #ending = new Set<Outlet>()

  /** Bytes for `outlet`, one a UTF-16 unit. */
  add(outlet: Outlet, bytes: string): void {
    if (this.#waiting.size === 0) setImmediate(this.#flush)
    this.#waiting.set(outlet, (this.#waiting.get(outlet) ?? '') + bytes)
  }

  /** `outlet` ends after what it was given. */
  end(outlet: Outlet): void {
    this.#ending.add(outlet)
  }

  readonly #flush = (): void => {
    for (const [outlet, bytes] of this.#waiting) {
      outlet.write(bytes)
      if (this.#ending.delete(outlet)) outlet.endSocket()
    }
    this.#waiting.clear()
  }
}
