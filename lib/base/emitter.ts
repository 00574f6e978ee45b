type Listener<Args extends readonly unknown[]> = (...args: Args) => void

/** Typed events, in the form of Node's `EventEmitter` as far as webtorrent calls it. `Events` has the arguments of each. */
export class Emitter<Events extends Record<string, readonly unknown[]>> {
  readonly #listeners = new Map<keyof Events, Map<Listener<never>, Listener<never>>>()

  /** Calls `listener` with each `event` from now on, in the order in which listeners were added. */
  on<Event extends keyof Events>(event: Event, listener: Listener<Events[Event]>): this {
    return this.#add(event, listener, listener)
  }

  /** Calls `listener` with the next `event` only. */
  once<Event extends keyof Events>(event: Event, listener: Listener<Events[Event]>): this {
    return this.#add(event, listener, (...args: Events[Event]) => {
      this.removeListener(event, listener)
      listener(...args)
    })
  }

  removeListener<Event extends keyof Events>(event: Event, listener: Listener<Events[Event]>): this {
    this.#listeners.get(event)?.delete(listener)
    return this
  }

  protected emit<Event extends keyof Events>(event: Event, ...args: Events[Event]): void {
    const listeners = [...(this.#listeners.get(event)?.values() ?? [])] as Listener<Events[Event]>[]
    for (const listener of listeners) listener(...args)
  }

  #add<Event extends keyof Events>(
    event: Event,
    listener: Listener<Events[Event]>,
    called: Listener<Events[Event]>,
  ): this {
    const listeners = this.#listeners.get(event) ?? new Map()
    this.#listeners.set(event, listeners.set(listener, called))
    return this
  }
}
