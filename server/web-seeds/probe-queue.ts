import { AppError } from '../../lib/base/errors.ts'

/** Most probes at a time, in total and of one address; and most of an address that wait. */
const RUNNING_MAX = 4
const RUNNING_OF_ADDRESS_MAX = 2
const WAITING_OF_ADDRESS_MAX = 16
const WAITING_MAX = 256

interface Waiting {
  readonly address: string
  readonly start: () => void
}

/** A queue of probes in which addresses take turns: only whoever names slow servers waits for them. */
export class ProbeQueue {
  readonly #running = new Map<string, number>()
  readonly #waiting: Waiting[] = []
  #total = 0

  /** Runs `task` for `address` when it is its turn. Errors: `server_busy`, those of `task`. */
  async run<T>(address: string, task: () => Promise<T>): Promise<T> {
    await this.#turn(address)
    try {
      return await task()
    } finally {
      this.#count(address, -1)
      this.#startNext()
    }
  }

  async #turn(address: string): Promise<void> {
    if (this.#mayStart(address)) {
      this.#count(address, 1)
      return
    }
    const own = this.#waiting.filter(waiting => waiting.address === address).length
    if (own >= WAITING_OF_ADDRESS_MAX || this.#waiting.length >= WAITING_MAX)
      throw new AppError('server_busy')
    await new Promise<void>(start => this.#waiting.push({ address, start }))
  }

  /** Those that have nothing running come first. */
  #startNext(): void {
    const able = this.#waiting.filter(({ address }) => this.#mayStart(address))
    const next = able.find(({ address }) => !this.#running.has(address)) ?? able[0]
    if (next === undefined) return
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    this.#count(next.address, 1)
    next.start()
  }

  #mayStart(address: string): boolean {
    return this.#total < RUNNING_MAX && (this.#running.get(address) ?? 0) < RUNNING_OF_ADDRESS_MAX
  }

  #count(address: string, change: 1 | -1): void {
    this.#total += change
    const left = (this.#running.get(address) ?? 0) + change
    if (left > 0) this.#running.set(address, left)
    else this.#running.delete(address)
  }
}
