import { ERROR_STATUS, type ErrorCode } from '../../../lib/base/errors.ts'
import type { Log } from '../../base/log.ts'

const MINUTES = 60
/** A limit is said in the log again after this many minutes. */
const QUIET_MINUTES = 10

/** How often each limit was met in the last hour, and a line in the log when one is met. */
export class LimitsMet {
  readonly #log: Log
  /** Counts by limit, one for each minute of an hour; the place of a minute is its number modulo 60. */
  readonly #counts = new Map<string, { readonly minutes: Uint32Array; saidAt: number; sweptAt: number }>()

  constructor(log: Log) {
    this.#log = log
  }

  note(limit: string, minute = thisMinute()): void {
    const counts = this.#counts.get(limit) ?? {
      minutes: new Uint32Array(MINUTES),
      saidAt: Number.NEGATIVE_INFINITY,
      sweptAt: minute,
    }
    this.#counts.set(limit, counts)
    sweep(counts, minute)
    const place = minute % MINUTES
    counts.minutes[place] = (counts.minutes[place] ?? 0) + 1
    if (minute - counts.saidAt < QUIET_MINUTES) return
    counts.saidAt = minute
    this.#log.warn({ limit }, 'limit met')
  }

  /** In the last hour, most often met first. */
  lastHour(minute = thisMinute()): readonly { readonly limit: string; readonly count: number }[] {
    return [...this.#counts]
      .map(([limit, counts]) => {
        sweep(counts, minute)
        return { limit, count: counts.minutes.reduce((sum, count) => sum + count, 0) }
      })
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count)
  }
}

/** Zeros the minutes that have passed since it was last done. */
function sweep(counts: { readonly minutes: Uint32Array; sweptAt: number }, minute: number): void {
  if (minute - counts.sweptAt >= MINUTES) counts.minutes.fill(0)
  else for (let at = counts.sweptAt + 1; at <= minute; at++) counts.minutes[at % MINUTES] = 0
  counts.sweptAt = minute
}

/** Whether an answer says that there was too much: too many requests, too large, no room. */
export const isLimit = (code: ErrorCode): boolean =>
  [413, 429, 507].includes(ERROR_STATUS[code]) || code === 'server_busy'

const thisMinute = () => Math.floor(performance.now() / 60_000)
