import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { CachePolicy } from '../../../server/seeder/link/messages.ts'
import { beyondBudget, isExpired, makeRoom, RESERVE_BYTES } from '../../../server/seeder/process/policy.ts'

const MINUTE = 60 * 1000
const MIB = 1024 * 1024
const DAY = 24 * 60 * 60 * 1000
const NOW = 1000 * DAY

const policy = (more: Partial<CachePolicy> = {}): CachePolicy => ({
  budget: 1000,
  shareMax: 1000,
  days: null,
  idleDays: null,
  ratio: null,
  ...more,
})

/** A kept share that nobody took bytes of for `idle` days; `have` bytes of it are there, the latest for `quiet` minutes. */
const share = (
  name: string,
  {
    length = 400,
    idle = 10,
    since = 100,
    copies = 0,
    pinned = false,
    uploaded = 0,
    have = length,
    quiet = 0,
  }: Partial<Record<'length' | 'idle' | 'since' | 'copies' | 'uploaded' | 'have' | 'quiet', number>> & {
    pinned?: boolean
  } = {},
) => ({
  record: {
    infoHash: name as InfoHash,
    length,
    keptSince: NOW - since * DAY,
    usedAt: NOW - idle * DAY,
    uploaded,
    checkedAt: null,
    unlistedMs: null,
    pinned,
  },
  copiesElsewhere: copies,
  have,
  progressAt: NOW - quiet * MINUTE,
})

describe('room for what is declared only', () => {
  const large = policy({ budget: 20_000 * MIB, shareMax: 20_000 * MIB })
  const fake = (name: string, quiet = 0) =>
    share(name, { length: 20_000 * MIB, have: 0, quiet, idle: 0, since: 0 })

  it('is a bounded reserve, and nothing when no bytes arrive', () => {
    expect(makeRoom([fake('fake')], MIB, large, NOW)).toEqual([])
    const many = Array.from({ length: 78 }, (_, at) => fake(String(at)))
    expect(makeRoom(many, 200 * MIB, large, NOW)).toBeNull()
    const stalled = Array.from({ length: 78 }, (_, at) => fake(String(at), 10))
    expect(makeRoom(stalled, 20_000 * MIB, large, NOW)).toEqual([])
  })

  it('goes before anything that is whole, however new it is', () => {
    const kept = [
      share('whole', { length: 15_000 * MIB, idle: 50 }),
      share('stalled', { length: 20_000 * MIB, have: 4_900 * MIB, quiet: 10, idle: 0, since: 0 }),
    ]
    expect(makeRoom(kept, RESERVE_BYTES, large, NOW)).toEqual(['stalled'])
  })

  it('is taken back from the latest ask when more arrives than there is', () => {
    const kept = [
      share('whole', { length: 10_000 * MIB }),
      share('earlier', { length: 20_000 * MIB, have: 6_000 * MIB, since: 2 }),
      share('later', { length: 20_000 * MIB, have: 4_001 * MIB, since: 1 }),
      share('pinned', { length: 20_000 * MIB, have: 0, since: 0, pinned: true }),
    ]
    expect(beyondBudget(kept, large)).toEqual(['later'])
    expect(beyondBudget(kept.slice(0, 2), large)).toEqual([])
  })
})

describe('room for a share', () => {
  it('needs nobody to go while the budget lasts', () => {
    expect(makeRoom([], 1000, policy(), NOW)).toEqual([])
    expect(makeRoom([share('a')], 600, policy(), NOW)).toEqual([])
  })

  it('is there for no share above the budget or its own limit', () => {
    expect(makeRoom([], 1001, policy(), NOW)).toBeNull()
    expect(makeRoom([], 501, policy({ shareMax: 500 }), NOW)).toBeNull()
  })

  it('is made by those that others hold too, then by those nobody took for the longest time', () => {
    const kept = [
      share('recent', { idle: 2, length: 200 }),
      share('old', { idle: 9, length: 200 }),
      share('oldest', { idle: 50, length: 200 }),
      share('held by others', { idle: 3, length: 200, copies: 1.5 }),
    ]
    expect(makeRoom(kept, 400, policy(), NOW)).toEqual(['held by others'])
    expect(makeRoom(kept, 600, policy(), NOW)).toEqual(['held by others', 'oldest'])
    expect(makeRoom(kept, 1000, policy(), NOW)).toEqual(['held by others', 'oldest', 'old', 'recent'])
  })

  it('is not made by a copy that others hold only in part', () => {
    const kept = [share('in part', { idle: 3, copies: 0.9 }), share('old', { idle: 9 })]
    expect(makeRoom(kept, 400, policy(), NOW)).toEqual(['old'])
  })

  it('is not made by what was used or handed over within a day, nor by what is pinned', () => {
    for (const kept of [
      share('used', { idle: 0.5 }),
      share('just handed over', { since: 0.5 }),
      share('pinned', { pinned: true, copies: 9 }),
    ]) {
      expect(makeRoom([kept], 700, policy(), NOW), kept.record.infoHash).toBeNull()
    }
  })

  it('never ends above the budget, never takes a pinned share, and takes none in vain', () => {
    const kept = fc.array(
      fc.record({
        length: fc.nat(600),
        idle: fc.nat(4),
        since: fc.nat(4),
        copies: fc.nat(2),
        pinned: fc.boolean(),
      }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(kept, fc.nat(1200), fc.integer({ min: 1, max: 2000 }), (parts, length, budget) => {
        const shares = parts.map((part, at) => share(String(at), part))
        const evicted = makeRoom(shares, length, policy({ budget, shareMax: budget }), NOW)
        const stay = shares.filter(({ record }) => !evicted?.includes(record.infoHash))
        const total = (of: typeof shares) => of.reduce((sum, { record }) => sum + record.length, 0)
        if (evicted === null) {
          // Then even all that may go would not have been enough.
          const fixed = shares.filter(
            ({ record }) => record.pinned || NOW - Math.max(record.usedAt, record.keptSince) < DAY,
          )
          expect(total(fixed) + length).toBeGreaterThan(budget)
          return
        }
        expect(total(stay) + length).toBeLessThanOrEqual(budget)
        expect(new Set(evicted).size).toBe(evicted.length)
        const gone = evicted.map(name => shares.find(({ record }) => record.infoHash === name)?.record)
        expect(gone.some(record => record === undefined || record.pinned)).toBe(false)
        const last = gone.at(-1)
        if (last) expect(total(stay) + last.length + length).toBeGreaterThan(budget)
      }),
    )
  })
})

describe('the time of a share', () => {
  const expired = (parts: Parameters<typeof share>[1], more: Partial<CachePolicy>) =>
    isExpired(share('a', parts).record, policy(more), NOW)

  it.each<[string, boolean, Parameters<typeof share>[1], Partial<CachePolicy>]>([
    ['never ends without a rule', false, { since: 900, idle: 900, uploaded: 1e9 }, {}],
    ['ends by age', true, { since: 31, idle: 0 }, { days: 30 }],
    ['goes on to its last day', false, { since: 30, idle: 30 }, { days: 30 }],
    ['ends by idleness', true, { since: 90, idle: 15 }, { idleDays: 14 }],
    ['does not begin with its idleness before it was kept', false, { since: 1, idle: 90 }, { idleDays: 14 }],
    ['ends by ratio', true, { length: 400, uploaded: 4000 }, { ratio: 10 }],
    ['goes on below the ratio', false, { length: 400, uploaded: 3999 }, { ratio: 10 }],
    ['has no ratio without bytes', false, { length: 0 }, { ratio: 10 }],
    ['has no end when pinned', false, { pinned: true, since: 99, uploaded: 9999 }, { days: 1, ratio: 1 }],
  ])('%s', (_, is, parts, more) => {
    expect(expired(parts, more)).toBe(is)
  })
})
