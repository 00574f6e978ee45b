import { beforeEach, expect, test } from 'vitest'
import type { WebSeedRecord, WebSeedStore } from '../../server/shares/web-seed-store.ts'
import { hash, onEachDatabase, share } from '../support/contracts/each-database.ts'

const webSeed = (url: string, checkAt: string, failure: WebSeedRecord['failure'] = null): WebSeedRecord => ({
  url,
  failure,
  checkedAt: new Date('2026-01-01T00:00:00Z'),
  checkAt: new Date(checkAt),
  addedBy: 'owner',
})

/** The contract of every `WebSeedStore`. */
onEachDatabase(stores => {
  const first = webSeed('https://a.example/', '2026-01-02T00:00:00Z')
  const second = webSeed('https://b.example/', '2026-01-01T12:00:00Z', 'web_seed_wrong')
  let webSeeds: WebSeedStore
  beforeEach(async () => {
    webSeeds = stores().webSeeds
    await stores().shares.add(share('a'))
    await stores().shares.add(share('b'))
  })

  test('keeps the order, replaces the whole list, and only of one share', async () => {
    expect(await webSeeds.replace(hash('a'), [second, first])).toBe(true)
    expect(await webSeeds.replace(hash('b'), [first])).toBe(true)
    expect(await webSeeds.list(hash('a'))).toEqual([second, first])
    expect(await webSeeds.replace(hash('a'), [])).toBe(true)
    expect(await webSeeds.list(hash('a'))).toEqual([])
    expect(await webSeeds.list(hash('b'))).toEqual([first])
  })

  test('accepts none for an unknown share, and deletes them with their share', async () => {
    expect(await webSeeds.replace(hash('c'), [first])).toBe(false)
    await webSeeds.replace(hash('a'), [first])
    await stores().shares.remove(hash('a'))
    await stores().shares.add(share('a'))
    expect(await webSeeds.list(hash('a'))).toEqual([])
    expect(await webSeeds.listDue(new Date('2027-01-01'), 10)).toEqual([])
  })

  test('returns which are due, and stores results', async () => {
    await webSeeds.replace(hash('a'), [first])
    await webSeeds.replace(hash('b'), [second])
    const due = (time: string, limit: number) => webSeeds.listDue(new Date(time), limit)
    const [one, two] = [
      { infoHash: hash('a'), url: first.url },
      { infoHash: hash('b'), url: second.url },
    ]
    expect(await due('2026-01-01T11:59:59Z', 10)).toEqual([])
    expect(await due('2026-01-01T12:00:00Z', 10)).toEqual([two])
    expect(await due('2026-01-03T00:00:00Z', 10)).toEqual([two, one])
    expect(await due('2026-01-03T00:00:00Z', 1)).toEqual([two])
    const found = { failure: null, checkedAt: new Date('2026-01-03'), checkAt: new Date('2026-01-04') }
    await webSeeds.update(hash('b'), second.url, found)
    await webSeeds.update(hash('b'), 'https://gone.example/', found)
    expect(await webSeeds.list(hash('b'))).toEqual([{ ...second, ...found }])
    expect(await due('2026-01-03T00:00:00Z', 10)).toEqual([one])
  })
})
