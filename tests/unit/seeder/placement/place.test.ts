import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InfoHash } from '../../../../lib/torrent/ids.ts'
import {
  balance,
  type CopyStanding,
  maySurplusGo,
  type PlacedCopy,
  type PlacedSeeder,
  placeAsked,
  rendezvous,
} from '../../../../server/seeder/placement/place.ts'

const hashOf = (index: number) => index.toString(16).padStart(40, '0') as InfoHash
const infoHash = hashOf(7)
const seeder = (id: string, more: Partial<PlacedSeeder> = {}): PlacedSeeder => ({
  ...{ id, zone: '', free: 1000, isHere: true, isLost: false },
  ...more,
})
const copy = (seeder: string, standing: CopyStanding = 'held', complete = true): PlacedCopy => ({
  ...{ seeder, standing, complete },
})
const away = { isHere: false }
const lost = { isHere: false, isLost: true }
const placing = (seeders: readonly PlacedSeeder[], known: readonly PlacedCopy[] = [], copies = 2) => ({
  ...{ infoHash, length: 100, copies, known, seeders },
})

describe('rendezvous hashing', () => {
  it('gives each its share of the room', () => {
    const seeders = [seeder('small', { free: 100 }), seeder('large', { free: 300 })]
    const firsts = Array.from({ length: 4000 }, (_, index) =>
      rendezvous(hashOf(index), seeders, ({ free }) => free ?? 0).at(0),
    )
    const large = firsts.filter(first => first?.id === 'large').length
    expect(large / firsts.length).toBeCloseTo(0.75, 1)
  })

  it('keeps the order of all others when one goes', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(ids, fc.nat(), (names, index) => {
        const all = names.map(id => seeder(id, { free: 1 + (index % 1000) }))
        const rank = (some: readonly PlacedSeeder[]) =>
          rendezvous(hashOf(index), some, ({ free }) => free ?? 0).map(({ id }) => id)
        const [gone] = names
        expect(rank(all).filter(id => id !== gone)).toEqual(rank(all.filter(({ id }) => id !== gone)))
      }),
    )
  })
})

describe('a share that is asked for', () => {
  it('goes to one seeder where there is one, and to two of several', () => {
    expect(placeAsked(placing([seeder('a')]))).toEqual(['a'])
    expect(placeAsked(placing([seeder('a'), seeder('b')])).toSorted()).toEqual(['a', 'b'])
    expect(placeAsked(placing([seeder('a'), seeder('b'), seeder('c')]))).toHaveLength(2)
    expect(placeAsked(placing([]))).toEqual([])
  })

  it('goes to different zones, even where the room is in one', () => {
    const seeders = [
      ...['a', 'b', 'c'].map(id => seeder(id, { zone: 'east', free: 1e9 })),
      seeder('d', { zone: 'west', free: 100 }),
    ]
    for (let index = 0; index < 50; index += 1) {
      expect(placeAsked({ ...placing(seeders), infoHash: hashOf(index) })).toContain('d')
    }
  })

  it('goes to where it fits, and otherwise asks all the same', () => {
    const full = { free: 99 }
    expect(placeAsked(placing([seeder('a', full), seeder('b'), seeder('c', full)], [], 1))).toEqual(['b'])
    expect(placeAsked(placing([seeder('a', full)]))).toEqual(['a'])
    expect(placeAsked(placing([seeder('a')], [copy('a', 'refused')]))).toEqual(['a'])
    expect(placeAsked(placing([seeder('a', { free: null })]))).toEqual(['a'])
  })

  it('stays where it is', () => {
    const seeders = [seeder('a', { free: 0 }), seeder('b', away), seeder('c')]
    expect(placeAsked(placing(seeders, [copy('a'), copy('b', 'asked', false)]))).toEqual(['a', 'b'])
  })
})

describe('the copies of a share', () => {
  it('are made again when their seeder is lost, not before', () => {
    const known = [copy('a'), copy('b')]
    const rest = [seeder('a'), seeder('c')]
    expect(balance(placing([...rest, seeder('b', away)], known))).toEqual([])
    expect(balance(placing([...rest, seeder('b', lost)], known))).toEqual([
      { seeder: 'c', standing: 'asked' },
    ])
    // One that nobody remembers is lost too.
    expect(balance(placing(rest, known))).toEqual([{ seeder: 'c', standing: 'asked' }])
  })

  it('become more where there are more seeders, but drive nothing out', () => {
    expect(balance(placing([seeder('a'), seeder('b')], [copy('a')]))).toEqual([
      { seeder: 'b', standing: 'asked' },
    ])
    expect(balance(placing([seeder('a'), seeder('b', { free: 99 })], [copy('a')]))).toEqual([])
    expect(balance(placing([seeder('a'), seeder('b')], [copy('a'), copy('b', 'refused')]))).toEqual([])
    expect(balance(placing([seeder('a'), seeder('b')], [copy('a', 'expired')]))).toEqual([])
    expect(balance(placing([seeder('a'), seeder('b')], [copy('a'), copy('c', 'expired')]))).toEqual([])
  })

  it('are surplus only once all that stay are whole and here', () => {
    const seeders = [seeder('a'), seeder('b'), seeder('c')]
    const changes = balance(placing(seeders, [copy('a'), copy('b'), copy('c')]))
    expect(changes).toEqual([{ seeder: expect.any(String), standing: 'surplus' }])
    expect(balance(placing(seeders, [copy('a'), copy('b', 'held', false), copy('c')]))).toEqual([
      { seeder: 'b', standing: 'surplus' },
    ])
    const unfinished = [copy('a'), copy('b', 'held', false), copy('c', 'asked', false)]
    expect(balance(placing(seeders, unfinished))).toEqual([])
    expect(
      balance(placing([seeder('a'), seeder('b'), seeder('c', away)], [copy('a'), copy('b'), copy('c')])),
    ).toEqual([])
  })

  it('that are surplus are needed again when another is lost', () => {
    const known = [copy('a'), copy('b'), copy('c', 'surplus')]
    const seeders = [seeder('a'), seeder('b', lost), seeder('c'), seeder('d', { free: 1e9 })]
    expect(balance(placing(seeders, known))).toEqual([{ seeder: 'c', standing: 'held' }])
  })

  it('that stay are in different zones', () => {
    const seeders = [
      seeder('a', { zone: 'east' }),
      seeder('b', { zone: 'east' }),
      seeder('c', { zone: 'west' }),
    ]
    for (let index = 0; index < 50; index += 1) {
      const all = [copy('a'), copy('b'), copy('c')]
      const [change] = balance({ ...placing(seeders, all), infoHash: hashOf(index) })
      expect(['a', 'b']).toContain(change?.seeder)
    }
  })

  it('that nobody wants are left alone', () => {
    const seeders = [seeder('a'), seeder('b')]
    expect(balance(placing(seeders, []))).toEqual([])
    expect(balance(placing(seeders, [copy('a', 'released')]))).toEqual([])
    expect(balance(placing(seeders, [copy('a', 'refused', false)]))).toEqual([])
  })
})

describe('whatever comes and goes', () => {
  const standings: readonly CopyStanding[] = ['asked', 'held', 'surplus', 'released', 'refused', 'expired']
  const ids = ['a', 'b', 'c', 'd', 'e']
  const seeders = fc.tuple(
    ...ids.map(id =>
      fc.record({
        id: fc.constant(id),
        zone: fc.constantFrom('', 'east', 'west'),
        free: fc.option(fc.nat(300)),
        isHere: fc.boolean(),
        isLost: fc.boolean(),
      }),
    ),
  )
  const known = fc.subarray(ids).chain(some =>
    fc.tuple(
      ...some.map(id =>
        fc.record({
          seeder: fc.constant(id),
          standing: fc.constantFrom(...standings),
          complete: fc.boolean(),
        }),
      ),
    ),
  )
  const any = fc.record({ seeders, known, copies: fc.integer({ min: 1, max: 4 }) }).map(parts => ({
    ...placing(
      parts.seeders.map(one => ({ ...one, isLost: one.isLost && !one.isHere })),
      parts.known,
      parts.copies,
    ),
  }))
  const apply = (before: readonly PlacedCopy[], changes: ReturnType<typeof balance>): PlacedCopy[] => {
    const left = before.filter(({ seeder }) => !changes.some(change => change.seeder === seeder))
    const changed = changes.map(change => ({
      ...change,
      complete: before.find(({ seeder }) => seeder === change.seeder)?.complete ?? false,
    }))
    return [...left, ...changed]
  }

  it('comes to rest after one step', () => {
    fc.assert(
      fc.property(any, given => {
        const after = { ...given, known: apply(given.known, balance(given)) }
        expect(balance(after)).toEqual([])
      }),
    )
  })

  it('never lets go of what would leave too few whole copies', () => {
    fc.assert(
      fc.property(any, given => {
        const after = { ...given, known: apply(given.known, balance(given)) }
        const whole = after.known.filter(
          ({ complete, seeder, standing }) =>
            complete &&
            (standing === 'held' || standing === 'asked') &&
            given.seeders.some(({ id, isHere }) => id === seeder && isHere),
        )
        for (const { seeder, standing } of after.known) {
          if (standing === 'surplus' && maySurplusGo(after, seeder)) {
            expect(whole.length).toBeGreaterThanOrEqual(given.copies)
          }
        }
        for (const { seeder, standing } of balance(given)) {
          if (standing === 'surplus') expect(maySurplusGo(after, seeder)).toBe(true)
        }
      }),
    )
  })
})
