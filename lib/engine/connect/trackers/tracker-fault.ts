import { BLOCKED, ENDED, NOT_TRACKED } from '../../../protocol/announce.ts'

/** What a tracker said instead of an answer, or why it could not be reached; null: it answered. Untrusted text. */
export interface TrackerFault {
  readonly url: string
  readonly reason: string | null
}

/** Why a tracker takes no announce of a share, now or ever. */
export type NotTracked = 'share_not_found' | 'share_blocked' | 'share_expired'

const REFUSALS = new Map<string | null, NotTracked>([
  [NOT_TRACKED, 'share_not_found'],
  [BLOCKED, 'share_blocked'],
  [ENDED, 'share_expired'],
])

/** What the reason of a fault means for the share; null: nothing, it may be another time. */
export const refusalIn = (reason: string | null): NotTracked | null => REFUSALS.get(reason) ?? null

/** The reason in `error`, which a request to the tracker at `url` has ended with. */
export function reasonOf(error: unknown, url: string): string {
  if (!(error instanceof Error)) return String(error)
  // `fetch` wraps the error that says why; a host with several addresses fails once for each.
  const next = error instanceof AggregateError ? error.errors[0] : error.cause
  if (next instanceof Error) return reasonOf(next, url)
  if (error.name === 'AbortError') return 'no answer in time'
  return error.message.replace(` (${url})`, '')
}
