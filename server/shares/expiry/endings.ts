import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import type { EndingStore } from './ending-store.ts'

const SWEEP_MS = 30_000

interface EndingsOptions {
  readonly store: EndingStore
  /** Completed downloads of a share. */
  readonly downloadsOf: (infoHash: InfoHash) => Promise<number>
  /** Ends a share; one that is gone already is passed over. */
  readonly end: (infoHash: InfoHash, at: Date) => Promise<void>
  /** Forgets old ones. */
  readonly forget: (now: Date) => Promise<void>
  /** Whether this node ends shares, of several. */
  readonly leads: () => boolean
  readonly log: Log
}

/** Ends shares when their publishers wanted it: at a time, or after a number of downloads. */
export class Endings {
  readonly #options: EndingsOptions
  readonly #sweeps = new SerialQueue()
  readonly #timer: NodeJS.Timeout

  constructor(options: EndingsOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.sweep(new Date()).catch(reason => options.log.error({ err: reason }, 'shares not ended'))
    }, SWEEP_MS).unref()
  }

  /** Ends every share whose time or number of downloads is over at `now`. */
  sweep(now: Date): Promise<void> {
    const { downloadsOf, end, forget, leads, log, store } = this.#options
    return this.#sweeps.add(async () => {
      if (!leads()) return
      const over = new Set(await store.due(now))
      for (const { downloadsMax, infoHash } of await store.counted()) {
        if ((await downloadsOf(infoHash)) >= downloadsMax) over.add(infoHash)
      }
      for (const infoHash of over) {
        await end(infoHash, now)
        log.info({ infoHash }, 'share ended, as its publisher chose')
      }
      await forget(now)
    })
  }

  /** Ends the regular sweeps, and waits for one that runs. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#sweeps.idle()
  }
}
