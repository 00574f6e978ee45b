import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Log } from '../../base/log.ts'
import type { CacheEntry } from './cache-records.ts'
import { FileSweep } from './file-sweep.ts'
import { Scrubber, scrubbedOf } from './scrubber.ts'

interface CopyChecksOptions {
  /** Complete copies: one that is being fetched is verified piece by piece anyway. */
  readonly copies: () => readonly CacheEntry[]
  /** Holds the copies. */
  readonly folder: string
  /** Hashes a piece on disk, and has a damaged one fetched again. True for one that is right or not here. */
  readonly verify: (infoHash: InfoHash, piece: number) => Promise<boolean>
  readonly onChecked: (infoHash: InfoHash) => void
  /** See `SeederOptions`. */
  readonly sweepMs?: number | undefined
  readonly log: Log
}

/** What finds out that a complete copy is not complete any more: one reads all of it within days, the other looks for its files within minutes. */
export class CopyChecks {
  readonly #scrubber: Scrubber
  readonly #sweep: FileSweep
  readonly #log: Log

  constructor({ copies, folder, log, onChecked, sweepMs, verify }: CopyChecksOptions) {
    this.#log = log
    this.#scrubber = new Scrubber({ shares: () => copies().map(scrubbedOf), verify, onChecked })
    this.#sweep = new FileSweep({
      copies: () => copies().map(({ metainfo }) => metainfo),
      folder,
      verify,
      roundMs: sweepMs,
    })
  }

  /** Runs until `stop`; never rejects. */
  async run(): Promise<void> {
    await Promise.all([this.#scrubber.run(), this.#sweep.run()]).catch(reason =>
      this.#log.error({ err: reason }, 'cached shares are no longer checked'),
    )
  }

  stop(): void {
    this.#scrubber.stop()
    this.#sweep.stop()
  }
}
