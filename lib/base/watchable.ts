/**
 * A value with change listeners, in the shape that React's `useSyncExternalStore` expects. Values are immutable: each change
 * sets a new one.
 */
export class Watchable<Value> {
  readonly #listeners = new Set<() => void>()
  #value: Value

  constructor(value: Value) {
    this.#value = value
  }

  /** The current value; the same one until it changes. */
  readonly getSnapshot = (): Value => this.#value

  /** Calls `listener` after each change; returns the unsubscribe. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sets the value and calls the listeners, unless it is the same value. */
  set(value: Value): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    for (const listener of [...this.#listeners]) listener()
  }
}
