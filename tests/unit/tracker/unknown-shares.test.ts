import { expect, test, vi } from 'vitest'
import { UnknownShares } from '../../../server/tracker/unknown-shares.ts'

const id = (character: string) => character.repeat(20)
const hex = (digits: string) => digits.repeat(20)

test('each info hash is looked up once for all who ask, and not again for two seconds', async () => {
  const asked: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const unknown = new UnknownShares(infoHash => {
    asked.push(infoHash)
    return promise
  })
  const answers = [unknown.lookUp(id('a')), unknown.lookUp(id('a')), unknown.lookUp(id('b'))]
  resolve()
  expect(await Promise.all(answers)).toEqual([undefined, undefined, undefined])
  expect(asked).toEqual([hex('61'), hex('62')])
  expect(unknown.lookUp(id('a'))).toBeNull()

  const now = performance.now()
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 2_100)
  expect(unknown.lookUp(id('a'))).not.toBeNull()
  clock.mockRestore()
})

test('a database that is away is said, and asked again at once', async () => {
  let isAway = true
  const unknown = new UnknownShares(async () => {
    if (isAway) throw new Error('away')
  })
  expect(await unknown.lookUp(id('a'))).toBe('database_away')
  isAway = false
  expect(await unknown.lookUp(id('a'))).toBeUndefined()
})

test('strangers who ask for everything keep only so many look-ups running', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const unknown = new UnknownShares(() => promise)
  const started = Array.from({ length: 500 }, (_, count) => unknown.lookUp(String(count).padEnd(20))).filter(
    running => running !== null,
  )
  expect(started.length).toBe(64)
  resolve()
  await Promise.all(started)
})
