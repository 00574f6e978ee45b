type Close = () => unknown

/**
 * Closes what was opened, in an order that is given once and as a whole. Each part is registered as it is opened, so
 * that a start that failed halfway closes exactly what it had opened.
 */
export class Shutdown<Step extends string> {
  readonly #order: readonly Step[]
  readonly #closes = new Map<Step, Close>()

  /** `order` names all steps, first to last. */
  constructor(order: readonly Step[]) {
    this.#order = order
  }

  /** `close` is what `step` does. */
  on(step: Step, close: Close): void {
    this.#closes.set(step, close)
  }

  /** Runs each registered step when the one before it has ended. A step that fails keeps no other from running; its error is thrown last. */
  async run(): Promise<void> {
    const errors: unknown[] = []
    for (const step of this.#order) {
      try {
        await this.#closes.get(step)?.()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length === 1) throw errors[0]
    if (errors.length > 1) throw new AggregateError(errors, 'several steps of the stop failed')
  }
}
