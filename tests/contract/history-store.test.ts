import { beforeEach, expect, test } from 'vitest'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { hash, onEachDatabase, share } from '../support/contracts/each-database.ts'

/** The contract of every `HistoryStore`. */
onEachDatabase(stores => {
  const sample = (digit: string, complete: number) => ({
    infoHash: hash(digit),
    complete,
    incomplete: 1,
    completed: 2,
    bytes: 2 ** 53 - 1,
  })
  const at = (text: string) => new Date(`2026-01-${text}Z`)
  const completeOf = async (digit: string) =>
    (await stores().history.of(hash(digit))).map(({ complete }) => complete)
  beforeEach(async () => {
    await stores().shares.add(share('a'))
    await stores().shares.add(share('b'))
  })

  test('returns what was added, oldest first, of existing shares only', async () => {
    await stores().history.add([sample('a', 2)], at('02T00:05:00'))
    await stores().history.add([sample('a', 1), sample('b', 7), sample('c', 9)], at('02T00:00:00'))
    expect(await completeOf('a')).toEqual([1, 2])
    const { infoHash: _, ...counts } = sample('b', 7)
    expect(await stores().history.of(hash('b'))).toEqual([{ at: at('02T00:00:00'), ...counts }])
    expect(await completeOf('c')).toEqual([])
    const latest = await stores().history.latest()
    expect(latest.toSorted((x, y) => x.infoHash.localeCompare(y.infoHash))).toEqual([
      sample('a', 2),
      sample('b', 7),
    ])
  })

  test('is deleted with its share', async () => {
    await stores().history.add([sample('a', 1), sample('b', 2)], at('02T00:00:00'))
    await stores().shares.remove(hash('a'))
    expect(await stores().history.latest()).toEqual([sample('b', 2)])
  })

  test('keeps the last sample of each hour of old ones, and none that are older', async () => {
    const times = ['02T00:10:00', '02T00:55:00', '02T01:00:00', '03T07:00:00', '03T07:05:00', '03T09:00:00']
    for (const [index, time] of times.entries()) {
      await stores().history.add([sample('a', index), sample('b', index)], at(time))
    }
    await stores().history.prune({ forgetBefore: at('01T00:00:00'), thinBefore: at('03T07:05:00') })
    expect(await completeOf('a')).toEqual([1, 2, 4, 5])
    await stores().history.prune({ forgetBefore: at('03T00:00:00'), thinBefore: at('03T07:05:00') })
    expect(await completeOf('b')).toEqual([4, 5])
  })

  test('accepts more samples at once than one statement can hold', async () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      ...sample('a', index),
      infoHash: index.toString(16).padStart(40, '0') as InfoHash,
    }))
    await stores().history.add([...many, sample('a', 5)], at('02T00:00:00'))
    expect(await completeOf('a')).toEqual([5])
  })
})
