import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { Log } from '../../base/log.ts'
import type { AddressStore } from './publisher-addresses.ts'
import type { ReportStore } from './report-store.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Days after which a report that was closed is deleted. */
const CLOSED_REPORT_DAYS = 90

interface RetentionOptions {
  readonly addresses: AddressStore
  readonly reports: ReportStore
  /** Days for which addresses of publishers are kept; undefined: none are. */
  readonly keepAddresses: number | undefined
  /** Left out: always. Of several nodes one does it. */
  readonly leads?: (() => boolean) | undefined
  readonly log: Log
}

/** Deletes what says something of people when its time is over: at the start, and every hour. */
export class Retention {
  readonly #options: RetentionOptions
  readonly #sweeps = new SerialQueue()
  readonly #timer: NodeJS.Timeout

  constructor(options: RetentionOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      this.sweep(new Date()).catch(reason => options.log.error({ err: reason }, 'old addresses not deleted'))
    }, HOUR_MS).unref()
  }

  sweep(now: Date): Promise<void> {
    const { addresses, keepAddresses, leads, reports } = this.#options
    return this.#sweeps.add(async () => {
      if (leads?.() === false) return
      // Where they are not kept any more, those that an earlier configuration kept go at once.
      const oldest =
        keepAddresses === undefined ? Number.MAX_SAFE_INTEGER : now.getTime() - keepAddresses * DAY_MS
      await addresses.prune(new Date(Math.min(oldest, 8.64e15)))
      await reports.prune(new Date(now.getTime() - CLOSED_REPORT_DAYS * DAY_MS))
    })
  }

  /** Ends the regular sweeps, and waits for one that runs. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#sweeps.add(async () => {})
  }
}
