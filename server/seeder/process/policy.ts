import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { CachePolicy, SeederRoom } from '../link/messages.ts'
import type { CacheRecord } from './cache-records.ts'

/** What decides which shares are evicted first when room is needed. */
export interface Evictable {
  readonly record: CacheRecord
  /** Complete copies that others have right now. */
  readonly copiesElsewhere: number
  /** Bytes that have arrived. */
  readonly have: number
  /** When the latest of them did, or it was asked for; milliseconds since 1970. */
  readonly progressAt: number
}

/**
 * Bytes that a share counts for before they have arrived: what is declared costs nothing, so it is not what fills the budget.
 */
export const RESERVE_BYTES = 256 * 1024 * 1024

/** A share of which nothing arrives for so long gives its reserve back, and goes before all others. */
const STALLED_MS = 10 * 60_000

const isWhole = ({ have, record }: Evictable) => have >= record.length

const isStalled = (share: Evictable, now: number) => !isWhole(share) && now - share.progressAt >= STALLED_MS

/** What a share takes of the budget. */
const taken = (share: Evictable, now: number) =>
  isStalled(share, now) ? share.have : Math.min(share.record.length, share.have + RESERVE_BYTES)

const DAY_MS = 24 * 60 * 60 * 1000

/** A share is not evicted for others within a day after somebody took bytes of it, or its publisher handed it over. */
const SAFE_MS = DAY_MS

/**
 * The shares to evict so that one of `length` bytes fits, least needed first: those that make no progress, those that others
 * have too, then those that nobody took for the longest time. Null if it does not fit even so. `now` in milliseconds since
 * 1970.
 */
export function makeRoom(
  cached: readonly Evictable[],
  length: number,
  { budget, shareMax }: CachePolicy,
  now: number,
): InfoHash[] | null {
  if (length > shareMax || length > budget) return null
  const wanted = Math.min(length, RESERVE_BYTES)
  let used = cached.reduce((sum, share) => sum + taken(share, now), 0)
  const candidates = cached
    .filter(share => mayGo(share, now))
    .sort(
      (a, b) =>
        Number(isStalled(b, now)) - Number(isStalled(a, now)) ||
        Number(b.copiesElsewhere >= 1) - Number(a.copiesElsewhere >= 1) ||
        a.record.usedAt - b.record.usedAt,
    )
  const evicted: InfoHash[] = []
  for (const share of candidates) {
    if (used + wanted <= budget) break
    used -= taken(share, now)
    evicted.push(share.record.infoHash)
  }
  return used + wanted <= budget ? evicted : null
}

/** The budget, and what of it nothing is reserved for, in bytes. `now` in milliseconds since 1970. */
export function roomOf(cached: readonly Evictable[], { budget }: CachePolicy, now: number): SeederRoom {
  const used = cached.reduce((sum, share) => sum + taken(share, now), 0)
  return { budget, free: Math.max(0, budget - used) }
}

function mayGo(share: Evictable, now: number): boolean {
  const { keptSince, pinned, usedAt } = share.record
  return !pinned && (isStalled(share, now) || now - Math.max(usedAt, keptSince) >= SAFE_MS)
}

/**
 * Shares that are still fetched and have to stop, because what has arrived of all is more than the budget: the latest first,
 * pinned ones never.
 */
export function beyondBudget(cached: readonly Evictable[], { budget }: CachePolicy): InfoHash[] {
  let have = cached.reduce((sum, share) => sum + share.have, 0)
  const fetched = cached
    .filter(share => !isWhole(share) && !share.record.pinned)
    .sort((a, b) => b.record.keptSince - a.record.keptSince)
  const stopped: InfoHash[] = []
  for (const share of fetched) {
    if (have <= budget) break
    have -= share.have
    stopped.push(share.record.infoHash)
  }
  return stopped
}

/** Whether the policy drops a share by age, idleness or ratio. `now` in milliseconds since 1970. */
export function isExpired(record: CacheRecord, { days, idleDays, ratio }: CachePolicy, now: number): boolean {
  if (record.pinned) return false
  if (days !== null && now - record.keptSince > days * DAY_MS) return true
  if (idleDays !== null && now - Math.max(record.usedAt, record.keptSince) > idleDays * DAY_MS) return true
  return ratio !== null && record.length > 0 && record.uploaded >= ratio * record.length
}
