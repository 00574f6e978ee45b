import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { KeptRecord } from './process/cache-records.ts'

/** How long shares are kept, and how much of the disk they get. */
export interface SeedPolicy {
  /** Bytes of all kept shares together. */
  readonly budget: number
  /** Bytes one share may have. */
  readonly shareMax: number
  /** Let go after so many days without anybody taking bytes; null: never. */
  readonly idleDays: number | null
  /** Let go after so many days; null: never. */
  readonly days: number | null
  /** Let go when so many times its length was given; null: never. */
  readonly ratio: number | null
}

/** What decides who goes first when room is needed. */
export interface Evictable {
  readonly record: KeptRecord
  /** Complete copies others hold right now. */
  readonly copiesElsewhere: number
}

const DAY_MS = 24 * 60 * 60 * 1000

/** A share is safe from others' for a day after somebody took bytes of it, or its own publisher handed it over. */
const SAFE_MS = DAY_MS

/**
 * Which shares go so that `length` bytes fit, least needed first: those that others hold too, then those nobody took
 * for the longest time. Null when it does not fit even so.
 */
export function makeRoom(
  kept: readonly Evictable[],
  length: number,
  { budget, shareMax }: SeedPolicy,
  now: number,
): InfoHash[] | null {
  if (length > shareMax || length > budget) return null
  let used = kept.reduce((sum, { record }) => sum + record.length, 0)
  const candidates = kept
    .filter(({ record }) => !record.pinned && now - Math.max(record.usedAt, record.keptSince) >= SAFE_MS)
    .sort(
      (a, b) =>
        Number(b.copiesElsewhere >= 1) - Number(a.copiesElsewhere >= 1) || a.record.usedAt - b.record.usedAt,
    )
  const evicted: InfoHash[] = []
  for (const { record } of candidates) {
    if (used + length <= budget) break
    used -= record.length
    evicted.push(record.infoHash)
  }
  return used + length <= budget ? evicted : null
}

/** True for a share whose time is over. */
export function isExpired(record: KeptRecord, { days, idleDays, ratio }: SeedPolicy, now: number): boolean {
  if (record.pinned) return false
  if (days !== null && now - record.keptSince > days * DAY_MS) return true
  if (idleDays !== null && now - Math.max(record.usedAt, record.keptSince) > idleDays * DAY_MS) return true
  return ratio !== null && record.length > 0 && record.uploaded >= ratio * record.length
}
