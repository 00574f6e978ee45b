import { RateMeter } from '../base/rate-meter.ts'

/** Reports come hundreds of times a second; people cannot read faster than this. */
const SHOW_EVERY_MS = 200

/** How far something is, for people. */
export interface ShownProgress {
  readonly bytes: number
  /** Seconds; null: not known yet. */
  readonly timeLeft: number | null
}

/** Nothing is done yet. */
export const NO_PROGRESS: ShownProgress = { bytes: 0, timeLeft: null }

/** Takes the bytes done so far of `length`, however often, and calls `show` as often as people can read, beginning with the first. */
export function showProgress(
  length: number,
  show: (progress: ShownProgress) => void,
  clock: () => number = () => performance.now(),
): (bytes: number) => void {
  const meter = new RateMeter()
  meter.update(0, clock())
  let shownAt = Number.NEGATIVE_INFINITY
  return bytes => {
    const now = clock()
    meter.update(bytes, now)
    if (now - shownAt < SHOW_EVERY_MS) return
    shownAt = now
    show({ bytes, timeLeft: meter.timeLeft(length - bytes) })
  }
}
