import { beforeEach, expect, test } from 'vitest'
import { hash, onEachDatabase, share } from '../support/contracts/each-database.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute))

/** The contract of every `BucketStore`. */
onEachDatabase(stores => {
  beforeEach(async () => {
    for (const digit of ['a', 'b']) await stores().shares.add(share(digit))
  })

  const claim = (digit: string, node: string, minute: number) =>
    stores().bucket.claim(hash(digit), { node, at: at(minute), abandonedBefore: at(minute - 5) })
  const removing = async () => {
    const rows = await stores().bucket.changed(at(0))
    return rows
      .filter(({ state }) => state === 'removing')
      .map(({ infoHash }) => infoHash)
      .sort()
  }
  const stateOf = async (digit: string) => (await stores().bucket.find(hash(digit)))?.state

  test('lets one node upload a published share, and another one when that stands still', async () => {
    expect(await claim('e', 'one', 10)).toBe(false)
    expect(await claim('a', 'one', 10)).toBe(true)
    expect(await claim('a', 'two', 14)).toBe(false)
    expect(await claim('a', 'one', 14)).toBe(true)
    expect(await stores().bucket.progress(hash('a'), 'one', 3, at(15))).toBe(true)
    expect(await stores().bucket.find(hash('a'))).toEqual({
      infoHash: hash('a'),
      state: 'uploading',
      node: 'one',
      openFile: 3,
      objects: 0,
      bytes: 0,
      changedAt: at(15),
    })
    expect(await claim('a', 'two', 21)).toBe(true)
    expect(await stores().bucket.progress(hash('a'), 'one', 3, at(22))).toBe(false)
    expect(await stores().bucket.finish(hash('a'), 'one', { objects: 1, bytes: 1 }, at(22))).toBe(false)
    expect(await stores().bucket.finish(hash('a'), 'two', { objects: 2, bytes: 2 ** 40 }, at(23))).toBe(true)
    expect(await claim('a', 'two', 99)).toBe(false)
    expect(await stores().bucket.changed(at(23))).toMatchObject([
      { infoHash: hash('a'), state: 'there', openFile: null, objects: 2, bytes: 2 ** 40 },
    ])
    expect(await stores().bucket.changed(at(24))).toEqual([])
  })

  test('removes what is not published any more, what stands still, and what somebody takes back', async () => {
    await claim('a', 'one', 10)
    await claim('b', 'one', 10)
    await stores().bucket.finish(hash('a'), 'one', { objects: 1, bytes: 1 }, at(11))
    await stores().bucket.removeUnpublished(at(10), at(12))
    expect(await removing()).toEqual([])
    await stores().shares.remove(hash('a'))
    await stores().bucket.removeUnpublished(at(11), at(12))
    expect(await removing()).toEqual([hash('a'), hash('b')])
    // It is published again before it is gone.
    await stores().shares.add(share('a'))
    expect(await claim('a', 'one', 13)).toBe(false)
    await stores().bucket.gone(hash('a'), at(14))
    expect(await stateOf('a')).toBe('gone')
    expect(await claim('a', 'two', 15)).toBe(true)
    await stores().bucket.remove(hash('a'), at(16))
    expect(await stateOf('a')).toBe('removing')
    await stores().bucket.remove(hash('e'), at(16))
    expect(await stateOf('e')).toBeUndefined()
  })

  test('takes over what is found in the bucket, and what is missing there', async () => {
    await claim('a', 'one', 10)
    await stores().bucket.removeFound(hash('a'), at(11))
    expect(await stateOf('a')).toBe('uploading')
    await stores().bucket.finish(hash('a'), 'one', { objects: 1, bytes: 1 }, at(11))
    await stores().bucket.reopen(hash('a'), at(12))
    expect(await stateOf('a')).toBe('uploading')
    await stores().bucket.removeFound(hash('e'), at(11))
    expect(await stateOf('e')).toBe('removing')
    await stores().bucket.gone(hash('e'), at(12))
    await stores().bucket.removeFound(hash('e'), at(13))
    expect(await stateOf('e')).toBe('removing')
    await stores().bucket.gone(hash('e'), at(14))
    await stores().bucket.prune(at(14))
    expect(await stateOf('e')).toBe('gone')
    await stores().bucket.prune(at(15))
    expect(await stateOf('e')).toBeUndefined()
    expect(await stateOf('a')).toBe('uploading')
  })
})
