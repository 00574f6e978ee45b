import { setTimeout as delay } from 'node:timers/promises'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { CacheEntry } from './cache-records.ts'

/** Pace of the check, in bytes a second: 2 TB in about six days, and hardly anything of a disk's time. */
const RATE = 4 * 1024 * 1024

/** A share is checked again after this long. */
const AGAIN_MS = 7 * 24 * 60 * 60 * 1000

/** How often we look for a share that is due. */
const LOOK_MS = 60_000

/** A cached share, as far as checking it goes. */
export interface Scrubbed {
  readonly infoHash: InfoHash
  readonly pieceCount: number
  readonly pieceLength: number
  /** When it was last checked as a whole, in milliseconds since 1970; null when it never was. */
  readonly checkedAt: number | null
}

export const scrubbedOf = ({ metainfo, record }: CacheEntry): Scrubbed => ({
  infoHash: record.infoHash,
  pieceCount: metainfo.pieceCount,
  pieceLength: metainfo.pieceLength,
  checkedAt: record.checkedAt,
})

interface ScrubberOptions {
  readonly shares: () => readonly Scrubbed[]
  /** Hashes a piece on disk, and has a damaged one fetched again. True for one that is right or not here. */
  readonly verify: (infoHash: InfoHash, piece: number) => Promise<boolean>
  readonly onChecked: (infoHash: InfoHash) => void
}

/** Reads all cached shares again, the longest unchecked first, at a slow pace: disks lose bits without reporting an error. */
export class Scrubber {
  readonly #options: ScrubberOptions
  readonly #ended = new AbortController()

  constructor(options: ScrubberOptions) {
    this.#options = options
  }

  /** Runs until `stop`; never rejects. `now` in milliseconds since 1970. */
  async run(now: () => number = Date.now): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      const due = this.#due(now())
      // One that cannot be read now, as when it is being dropped, is looked at later, not at once.
      const isChecked = due !== undefined && (await this.#scrub(due))
      await delay(isChecked ? 0 : LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  stop(): void {
    this.#ended.abort()
  }

  #due(now: number): Scrubbed | undefined {
    return this.#options
      .shares()
      .filter(({ checkedAt }) => checkedAt === null || now - checkedAt >= AGAIN_MS)
      .sort((a, b) => (a.checkedAt ?? 0) - (b.checkedAt ?? 0))[0]
  }

  /** False when it ended before the last piece. */
  async #scrub({ infoHash, pieceCount, pieceLength }: Scrubbed): Promise<boolean> {
    const { onChecked, verify } = this.#options
    const { signal } = this.#ended
    try {
      for (let piece = 0; piece < pieceCount; piece++) {
        await verify(infoHash, piece)
        await delay((1000 * pieceLength) / RATE, undefined, { signal, ref: false })
      }
    } catch {
      return false
    }
    onChecked(infoHash)
    return true
  }
}
