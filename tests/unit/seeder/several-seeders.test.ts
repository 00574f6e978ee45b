import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createLog } from '../../../server/base/log.ts'
import { CopyTable } from '../../../server/seeder/placement/copy-table.ts'
import type { ShareCache } from '../../../server/seeder/share-cache.ts'
import type { CopyRecord } from '../../../server/shares/copies/copy-store.ts'
import { FakeSeeder, metainfo } from '../../support/fakes/fake-seeder.ts'

const { infoHash } = metainfo
const LIMIT = { timeout: 10_000, interval: 5 }
/** Seconds instead of minutes and days; looks happen when the test says so. */
const QUICK = { lookMs: 600_000, seenMs: 0, lostMs: 0, surplusMs: 0 }
const NEVER = { ...QUICK, lostMs: 1e9, surplusMs: 1e9 }

const record = (seeder: string, more: Partial<CopyRecord> = {}): CopyRecord => ({
  ...{ infoHash, seeder, state: 'held', complete: true, have: 100, pinned: false },
  ...more,
})

function threeSeeders() {
  const a = new FakeSeeder()
  return { a, b: new FakeSeeder(a.log), c: new FakeSeeder(a.log) }
}

let seeders: ReturnType<typeof threeSeeders>
beforeEach(() => {
  seeders = threeSeeders()
})

/** The table of a database with `records`. */
const tableOf = (...records: readonly CopyRecord[]) =>
  CopyTable.open(
    { list: async () => records, put: async () => {}, remove: async () => {} },
    createLog('silent'),
  )

/** A cache to which all seeders are connected, from other machines. */
async function connectAll(table: CopyTable, placementTimes = QUICK): Promise<ShareCache> {
  const { a, b, c } = seeders
  const cache = a.cache({ table, placementTimes, folder: null })
  // The first is called `fake-seeder` there.
  b.connect(cache, { id: 'b', name: 'b' })
  c.connect(cache, { id: 'c', name: 'c' })
  for (const seeder of [a, b, c]) await seeder.ready()
  for (const seeder of [a, b, c]) seeder.got()
  return cache
}

const idOf = (seeder: FakeSeeder) => (seeder === seeders.a ? 'fake-seeder' : seeder === seeders.b ? 'b' : 'c')

async function holds(seeder: FakeSeeder): Promise<void> {
  await seeder.cached()
  await seeder.reports()
}

/** Who was asked since the last call, and who was not. */
function askedNow(): { asked: FakeSeeder[]; others: FakeSeeder[] } {
  const all = Object.values(seeders)
  const asked = all.filter(seeder => seeder.got().includes('keep'))
  return { asked, others: all.filter(seeder => !asked.includes(seeder)) }
}

/** The cache with two whole copies, the seeders that have them, and the third. */
async function withTwoCopies(table: CopyTable) {
  const cache = await connectAll(table)
  await cache.request(infoHash)
  const { asked, others } = askedNow()
  expect(asked).toHaveLength(2)
  for (const seeder of asked) await holds(seeder)
  return {
    cache,
    first: asked[0] as FakeSeeder,
    second: asked[1] as FakeSeeder,
    third: others[0] as FakeSeeder,
  }
}

describe('of three seeders', () => {
  it('two are asked, and the third in place of one that refuses', async () => {
    const table = await tableOf()
    const cache = await connectAll(table)
    await cache.request(infoHash)
    const { asked, others } = askedNow()
    expect(asked).toHaveLength(2)
    const [first, second] = asked
    await first?.says({ report: 'refused', infoHash, code: 'seeder_full' })
    await vi.waitFor(() => expect(others[0]?.got(), 'asked instead').toContain('keep'), LIMIT)
    await second?.cached()
    await second?.reports({ complete: false, have: 50 })
    expect(cache.state(infoHash)).toMatchObject({ asked: true, kept: 'partial', have: 50, problem: null })
    // Everybody refuses: nobody is asked again.
    for (const seeder of [second, others[0]])
      await seeder?.says({ report: 'refused', infoHash, code: 'seeder_full' })
    await cache.balance()
    expect(askedNow().asked).toEqual([])
    expect(cache.state(infoHash)).toMatchObject({ kept: 'no', problem: 'seeder_full' })
  })

  it('one that is lost is replaced, and what is surplus goes when it is back', async () => {
    const table = await tableOf()
    const { cache, first, second, third } = await withTwoCopies(table)
    await cache.balance()
    expect(askedNow().asked).toEqual([])

    first.isAway = true
    expect(cache.state(infoHash)).toMatchObject({ asked: true, kept: 'yes' })
    await cache.balance()
    expect(askedNow().asked).toEqual([third])
    await cache.balance()
    expect(askedNow().asked).toEqual([])

    await holds(third)
    await cache.balance()
    expect(Object.values(seeders).flatMap(seeder => seeder.got())).not.toContain('drop')
    first.isAway = false
    await first.ready(infoHash)
    await cache.balance()
    await cache.balance()
    const dropped = [first, second, third].filter(seeder => seeder.got().includes('drop'))
    expect(dropped).toHaveLength(1)
    expect(table.of(infoHash)).toHaveLength(2)
  })

  it('one that is away is not believed about what its owner let go of', async () => {
    const table = await tableOf()
    const { cache, first, second } = await withTwoCopies(table)
    first.isAway = true
    cache.release(infoHash)
    expect(second.got()).toContain('drop')
    expect(cache.state(infoHash)).toMatchObject({ asked: false, kept: 'no' })
    expect(table.of(infoHash)).toEqual([record(idOf(first), { state: 'released' })])
  })
})

describe('an older database', () => {
  it('deletes nothing that too few others have, whatever it says', async () => {
    for (const state of ['surplus', 'held', 'refused', 'expired'] as const) {
      const table = await tableOf(record('fake-seeder', { state }), record('gone'), record('b', { state }))
      seeders = threeSeeders()
      const cache = await connectAll(table)
      for (const seeder of [seeders.a, seeders.b]) {
        await seeder.ready(infoHash)
        await holds(seeder)
      }
      for (let look = 0; look < 5; look += 1) await cache.balance()
      for (const [name, seeder] of Object.entries(seeders))
        expect(seeder.got(), `${name}, ${state}`).not.toContain('drop')
      expect(cache.state(infoHash), state).toMatchObject({ kept: 'yes' })
    }
  })

  it('deletes nothing within a day, even what is not needed', async () => {
    const all = ['fake-seeder', 'b', 'c']
    const table = await tableOf(...all.map(id => record(id, { state: id === 'c' ? 'surplus' : 'held' })))
    const cache = await connectAll(table, NEVER)
    for (const seeder of Object.values(seeders)) {
      await seeder.ready(infoHash)
      await holds(seeder)
    }
    for (let look = 0; look < 5; look += 1) await cache.balance()
    for (const seeder of Object.values(seeders)) expect(seeder.got()).not.toContain('drop')
  })

  it('that knows no copies believes the seeders', async () => {
    const table = await tableOf()
    const cache = await connectAll(table)
    await seeders.b.ready(infoHash)
    await holds(seeders.b)
    expect(table.of(infoHash)).toEqual([record('b')])
    expect(cache.state(infoHash)).toMatchObject({ asked: true, kept: 'yes' })
  })
})

describe('a server that starts again', () => {
  it('asks a seeder anew for what it is to hold and does not', async () => {
    const table = await tableOf(record('b', { state: 'asked', complete: false, have: 0 }), record('c'))
    const { a, b, c } = seeders
    const cache = a.cache({ table, folder: null, placementTimes: NEVER })
    b.connect(cache, { id: 'b' })
    c.connect(cache, { id: 'c' })
    await b.ready()
    await c.ready()
    expect(b.sent.at(-1)).toMatchObject({ do: 'keep', again: true })
    // It was there before: perhaps it dropped it by its own rules.
    expect(c.sent.at(-1)).toMatchObject({ do: 'keep', again: false })
  })
})
