import { AppError } from '../../lib/base/errors.ts'

/** Most answers with a body at a time, in total and to one address. */
const ANSWERS_MAX = 256
const ANSWERS_OF_ADDRESS_MAX = 64
/** Beyond so many, an address gets another answer only while it has few: the rest is a reserve for newcomers. */
const SHARED_MAX = 192
const FEW = 4
/** A reader that takes no chunk (256 KiB, less with `TABSEED_WEBSEED_LIMIT`) for so long makes room when others need it. */
const SLOW_MS = 32_000

/** An answer that runs. */
export interface RunningAnswer {
  /** See `clientNetwork`. */
  readonly network: string
  /** When its reader last took a chunk, in milliseconds of a monotonic clock. */
  readonly movedAt: () => number
  /** Ends it. */
  readonly end: () => void
}

/** How many answers each network may have at a time. */
export class AnswerSlots<Answer extends RunningAnswer> {
  readonly #running = new Set<Answer>()

  get running(): Iterable<Answer> {
    return this.#running
  }

  /** Makes sure that `network` may have one more answer, at the cost of one that hardly moves. Errors: `server_busy`. */
  require(network: string): void {
    if (this.#fits(network)) return
    const own = this.#of(network) >= ANSWERS_OF_ADDRESS_MAX
    const slow = [...this.#running]
      .filter(
        answer => (!own || answer.network === network) && performance.now() - answer.movedAt() >= SLOW_MS,
      )
      .sort((a, b) => a.movedAt() - b.movedAt())
    for (const answer of slow) {
      this.#running.delete(answer)
      answer.end()
      if (this.#fits(network)) return
    }
    throw new AppError('server_busy')
  }

  add(answer: Answer): void {
    this.#running.add(answer)
  }

  delete(answer: Answer): void {
    this.#running.delete(answer)
  }

  #fits(network: string): boolean {
    const own = this.#of(network)
    return own < ANSWERS_OF_ADDRESS_MAX && this.#running.size < (own < FEW ? ANSWERS_MAX : SHARED_MAX)
  }

  #of(network: string): number {
    let count = 0
    for (const answer of this.#running) if (answer.network === network) count += 1
    return count
  }
}
