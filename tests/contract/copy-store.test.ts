import { beforeEach, expect, test } from 'vitest'
import type { CopyRecord } from '../../server/shares/copies/copy-store.ts'
import { hash, onEachDatabase, share } from '../support/contracts/each-database.ts'

const copy = (digit: string, seeder: string, more: Partial<CopyRecord> = {}): CopyRecord => ({
  ...{ infoHash: hash(digit), seeder, state: 'asked', complete: false, have: 0, pinned: false },
  ...more,
})

const sorted = (copies: readonly CopyRecord[]) =>
  copies.toSorted((a, b) => (a.infoHash + a.seeder < b.infoHash + b.seeder ? -1 : 1))

/** The contract of every `CopyStore`. */
onEachDatabase(stores => {
  beforeEach(async () => {
    for (const digit of ['a', 'b']) await stores().shares.add(share(digit))
  })

  test('adds and replaces copies, of existing shares only', async () => {
    const { copies } = stores()
    await copies.put([copy('b', 'two'), copy('a', 'one'), copy('a', 'two'), copy('c', 'one')])
    expect(sorted(await copies.list())).toEqual([copy('a', 'one'), copy('a', 'two'), copy('b', 'two')])
    const held = copy('a', 'one', { state: 'held', complete: true, have: 2 ** 41, pinned: true })
    await copies.put([held])
    expect(sorted(await copies.list([hash('a')]))).toEqual([held, copy('a', 'two')])
    expect(await copies.list([hash('c')])).toEqual([])
    expect(await copies.list([])).toEqual([])
    await copies.put([])
  })

  test('removes one copy, and all with their share', async () => {
    const { copies, shares } = stores()
    await copies.put([copy('a', 'one'), copy('a', 'two'), copy('b', 'one')])
    await copies.remove(hash('a'), 'one')
    expect(sorted(await copies.list())).toEqual([copy('a', 'two'), copy('b', 'one')])
    await shares.remove(hash('b'))
    expect(await copies.list()).toEqual([copy('a', 'two')])
  })

  test('accepts more at once than one statement can hold', async () => {
    const many = Array.from({ length: 1200 }, (_, index) => copy('a', `seeder-${index}`))
    await stores().copies.put(many)
    expect(await stores().copies.list()).toHaveLength(1200)
  })

  test('remembers seeders, and forgets those that are gone with their copies', async () => {
    const { copies } = stores()
    const at = (day: number) => new Date(Date.UTC(2026, 0, day))
    const none = { url: '', insideUrl: '' }
    const one = {
      id: 'one',
      name: 'One',
      zone: 'east',
      free: 2 ** 41,
      ...none,
      seenAt: at(1),
      isHere: true,
    }
    const some = { url: 'https://files.test', insideUrl: 'http://10.0.0.2' }
    const two = { id: 'two', name: 'Two', zone: '', free: null, ...some, seenAt: at(1), isHere: true }
    await copies.putSeeder(two)
    await copies.putSeeder(one)
    expect(await copies.seeders()).toEqual([one, two])
    await copies.putSeeder({ ...two, name: 'Zwei', free: 5, seenAt: at(3) })
    // It left; the other one was seen by another server meanwhile.
    await copies.leaveSeeder('one', at(1))
    await copies.leaveSeeder('two', at(1))
    expect(await copies.seeders()).toEqual([
      { ...one, isHere: false },
      { ...two, name: 'Zwei', free: 5, seenAt: at(3) },
    ])
    await copies.put([copy('a', 'one'), copy('a', 'two')])
    await copies.forgetSeeders(at(2))
    expect(await copies.seeders()).toEqual([{ ...two, name: 'Zwei', free: 5, seenAt: at(3) }])
    expect(await copies.list()).toEqual([copy('a', 'two')])
  })
})
