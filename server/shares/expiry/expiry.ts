import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import type { HeldStore } from './held-store.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A server that was away for long, or whose clock jumped, first sees who is still there. */
const LOOK_FIRST_MS = DAY_MS

interface ExpiryOptions {
  /** Days after which a share that nobody has is deleted; null: never. */
  readonly days: number | null
  readonly store: HeldStore
  /** Shares that somebody has completely right now. */
  readonly held: () => Iterable<InfoHash>
  readonly remove: (infoHash: InfoHash) => Promise<void>
  /** Whether this node deletes, of several; left out: it does. */
  readonly leads?: (() => boolean) | undefined
  readonly log: Log
}

/** Deletes shares that nobody has had for long: their links lead nowhere. */
export class Expiry {
  readonly #options: ExpiryOptions
  readonly #sweeps = new SerialQueue()
  readonly #timer: NodeJS.Timeout
  /** Milliseconds of a monotonic clock. */
  readonly #startedAt = performance.now()

  constructor(options: ExpiryOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.sweep(new Date()).catch(reason => options.log.error({ err: reason }, 'old shares not deleted'))
    }, HOUR_MS).unref()
  }

  /** Records which shares somebody has and, once this server has looked for a day, deletes those that nobody has had for `days`. */
  sweep(now: Date): Promise<void> {
    const { days, held, leads, log, remove, store } = this.#options
    return this.#sweeps.add(async () => {
      await store.touch([...new Set(held())], now)
      if (leads?.() === false) return
      if (days === null || performance.now() - this.#startedAt < LOOK_FIRST_MS) return
      for (const infoHash of await store.abandoned(new Date(now.getTime() - days * DAY_MS))) {
        await remove(infoHash)
        log.info({ infoHash, days }, 'share deleted: nobody has had it for so long')
      }
    })
  }

  /** Ends the regular sweeps, and waits for one that runs. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#sweeps.add(async () => {})
  }
}
