/** A few tasks at a time, so that little waits in memory. */
export class Lanes {
  readonly #most: number
  readonly #running = new Set<Promise<void>>()
  #failure: { readonly reason: unknown } | null = null

  constructor(most: number) {
    this.#most = most
  }

  /** Resolves when the task has begun. Errors: those of an earlier task. */
  async add(task: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#most) await Promise.race(this.#running)
    this.#throwFailure()
    const running = task()
      .catch(reason => {
        this.#failure ??= { reason }
      })
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves when all tasks have ended. Errors: those of the first that failed. */
  async done(): Promise<void> {
    await this.settled()
    this.#throwFailure()
  }

  /** Resolves when no task runs, whether or not they failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.reason
  }
}
