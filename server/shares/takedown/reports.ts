import { AppError } from '../../../lib/base/errors.ts'
import { SerialQueue } from '../../../lib/base/serial-queue.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { AddressRates } from '../../base/address-rates.ts'
import type { Log } from '../../base/log.ts'
import type { Rate } from '../../base/rate-limiter.ts'
import type { NewReport, ReportStore } from './report-store.ts'

/** Reports of one address: five at once, then one in ten minutes. */
const RATE: Rate = { burst: 5, everyMs: 600_000 }

/** Open reports of one share that are kept: more say nothing new. */
const OF_SHARE_MAX = 100
/** Open reports of all. */
const OPEN_MAX = 10_000

interface ReportsOptions {
  readonly store: ReportStore
  /** Whether reports of an address are limited; false for load tests. */
  readonly limited: boolean
  readonly log: Log
}

/** The queue of what people report, for the operators. */
export class Reports {
  readonly #options: ReportsOptions
  readonly #rates = new AddressRates(RATE)
  readonly #changes = new SerialQueue()
  readonly #open: Map<InfoHash, number>

  private constructor(options: ReportsOptions, open: ReadonlyMap<InfoHash, number>) {
    this.#options = options
    this.#open = new Map(open)
  }

  static async open(options: ReportsOptions): Promise<Reports> {
    return new Reports(options, await options.store.openCounts())
  }

  /** Open reports of all shares, or of one. */
  count(infoHash?: InfoHash): number {
    if (infoHash !== undefined) return this.#open.get(infoHash) ?? 0
    let sum = 0
    for (const count of this.#open.values()) sum += count
    return sum
  }

  /** Shares with open reports. */
  reported(): readonly InfoHash[] {
    return [...this.#open.keys()]
  }

  /**
   * A report from `network` (`clientNetwork`). Of a share that has very many, it is not kept; where there are too many in all, the newest
   * of the share that has most gives way, so that a flood hides nothing else. Errors: `too_many_requests`.
   */
  async add(report: NewReport, network: string): Promise<void> {
    const { limited, log, store } = this.#options
    if (limited && !this.#rates.take(network)) throw new AppError('too_many_requests', 'too many reports')
    const { infoHash, reason } = report
    await this.#changes.add(async () => {
      if (this.count(infoHash) >= OF_SHARE_MAX) return
      if (this.count() >= OPEN_MAX) await this.#makeRoom()
      await store.add(report, new Date())
      this.#open.set(infoHash, this.count(infoHash) + 1)
      log.warn({ infoHash, reason, open: this.count() }, 'share reported')
    })
  }

  /** False if there is no such open report. */
  close(id: number, by: string): Promise<boolean> {
    return this.#changes.add(async () => {
      const isClosed = await this.#options.store.close(id, by, new Date())
      if (isClosed) await this.#countAgain()
      return isClosed
    })
  }

  /** Closes all reports of these shares, as when they are blocked. */
  async closeOf(infoHashes: readonly InfoHash[], by: string): Promise<void> {
    const open = infoHashes.filter(infoHash => this.#open.has(infoHash))
    if (open.length === 0) return
    await this.#changes.add(async () => {
      await this.#options.store.closeOf(open, by, new Date())
      for (const infoHash of open) this.#open.delete(infoHash)
    })
  }

  /** Counts again what is open: another node may have taken or closed some. */
  refresh(): Promise<void> {
    return this.#changes.add(() => this.#countAgain())
  }

  async #makeRoom(): Promise<void> {
    const [most] = [...this.#open].sort(([, a], [, b]) => b - a)
    if (!most) return
    const [infoHash, count] = most
    await this.#options.store.dropNewest(infoHash)
    this.#open.set(infoHash, count - 1)
  }

  async #countAgain(): Promise<void> {
    const open = await this.#options.store.openCounts()
    this.#open.clear()
    for (const [infoHash, count] of open) this.#open.set(infoHash, count)
  }
}
