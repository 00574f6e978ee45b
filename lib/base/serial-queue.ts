/** Runs tasks one after the other, in the order in which they were added. A task that fails does not stop the next one. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** Settles as `task` does, which starts when every task added before it has settled. */
  add<Result>(task: () => Result | Promise<Result>): Promise<Result> {
    const run = this.#last.then(task)
    this.#last = run.catch(() => undefined)
    return run
  }

  /** Resolves when every task added so far has settled; never rejects. */
  async idle(): Promise<void> {
    await this.#last
  }
}
