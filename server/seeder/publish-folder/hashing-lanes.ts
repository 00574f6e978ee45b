import { AppError } from '../../../lib/base/errors.ts'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { Entry } from './entries.ts'

/** Entries up to this size share the first lane; each further lane is for those up to 16 times as large. Bytes. */
const FIRST_LANE_BYTES = 16 * 1024 * 1024
const LANE_BITS = 4

/** Work on an entry in one of its states. */
interface Job {
  readonly state: string
  readonly abort: AbortController
}

/**
 * Prepares entries one after the other, but lets none wait for one that is much larger: a small file is published while a
 * disk image is hashed for hours.
 */
export class HashingLanes {
  readonly #lanes = new Map<number, SerialQueue>()
  readonly #jobs = new Map<string, Job>()
  readonly #ended: AbortSignal

  /** `ended` aborts everything. */
  constructor(ended: AbortSignal) {
    this.#ended = ended
  }

  isBusyWith(name: string): boolean {
    return this.#jobs.has(name)
  }

  /** Runs `task`; `onError` gets what it throws. */
  add(
    { files, name, state }: Entry,
    task: (signal: AbortSignal) => Promise<void>,
    onError: (reason: unknown) => void,
  ): void {
    const job = { state, abort: new AbortController() }
    this.#jobs.set(name, job)
    const signal = AbortSignal.any([this.#ended, job.abort.signal])
    const bytes = files.reduce((sum, { file }) => sum + file.size, 0)
    const run = async () => {
      try {
        if (!signal.aborted) await task(signal)
      } finally {
        if (this.#jobs.get(name) === job) this.#jobs.delete(name)
      }
    }
    this.#lane(bytes)
      .add(run)
      .catch(reason => {
        if (!signal.aborted) onError(reason)
      })
  }

  /** Stops the work on entries that are gone or in another state. */
  keepOnly(entries: readonly Entry[]): void {
    const states = new Map(entries.map(({ name, state }) => [name, state]))
    for (const [name, { abort, state }] of this.#jobs) {
      if (states.get(name) === state) continue
      abort.abort(new AppError('cancelled'))
      this.#jobs.delete(name)
    }
  }

  #lane(bytes: number): SerialQueue {
    const number = Math.max(0, Math.ceil(Math.log2(bytes / FIRST_LANE_BYTES) / LANE_BITS))
    const lane = this.#lanes.get(number) ?? new SerialQueue()
    this.#lanes.set(number, lane)
    return lane
  }
}
