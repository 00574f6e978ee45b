import { beforeEach, expect, test, vi } from 'vitest'
import type { InfoHash } from '../../../lib/torrent/ids.ts'

/** Web Locks are the process's own: two copies of the module stand for two tabs of a browser. */
async function newTab() {
  vi.resetModules()
  return import('../../../lib/browser/tab-locks.ts')
}

let count = 0
let infoHash: InfoHash
beforeEach(() => {
  infoHash = String(++count).padStart(40, '0') as InfoHash
})

/** A run that lasts until `end`; `begun` resolves with whether it took over. */
function longRun() {
  const begun = Promise.withResolvers<boolean>()
  const ended = Promise.withResolvers<void>()
  const run = (takesOver: boolean) => {
    begun.resolve(takesOver)
    return ended.promise
  }
  return { run, begun: begun.promise, end: () => ended.resolve() }
}

const nothing = async () => {}

/** Whatever the lock manager has to give, it has given. */
async function lockTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await navigator.locks.query()
}

test('one tab runs the share; the next one does when that lets go', async () => {
  const [first, second] = [await newTab(), await newTab()]
  expect(await first.lead(infoHash, nothing)).toBe(true)
  const next = longRun()
  expect(await second.lead(infoHash, next.run)).toBe(false)
  expect(second.isHeld(infoHash)).toBe(true)
  first.stopLeading(infoHash)
  expect(first.isHeld(infoHash)).toBe(false)
  expect(await next.begun).toBe(true)
  next.end()
  second.stopLeading(infoHash)
})

test('a tab that gave up waiting does not take over', async () => {
  const [first, second, third] = [await newTab(), await newTab(), await newTab()]
  await first.lead(infoHash, nothing)
  const unwanted = vi.fn(nothing)
  await second.lead(infoHash, unwanted)
  const next = longRun()
  await third.lead(infoHash, next.run)
  second.stopLeading(infoHash)
  first.stopLeading(infoHash)
  await next.begun
  expect(unwanted).not.toHaveBeenCalled()
  next.end()
  third.stopLeading(infoHash)
})

test('nobody else begins before the last run has ended', async () => {
  const [first, second] = [await newTab(), await newTab()]
  const order: string[] = []
  const running = longRun()
  const leading = first.lead(infoHash, running.run).then(() => order.push('first ended'))
  await running.begun
  const next = longRun()
  await second.lead(infoHash, next.run)
  const taken = next.begun.then(() => order.push('second began'))
  first.stopLeading(infoHash)
  await lockTurns()
  running.end()
  await Promise.all([leading, taken])
  expect(order).toEqual(['first ended', 'second began'])
  next.end()
  second.stopLeading(infoHash)
})

test('runs of one tab follow each other', async () => {
  const tab = await newTab()
  const order: string[] = []
  const slow = longRun()
  const first = tab.lead(infoHash, async () => {
    order.push('first begins')
    await slow.run(false)
    order.push('first ends')
  })
  await slow.begun
  const second = tab.lead(infoHash, async () => void order.push('second'))
  slow.end()
  await Promise.all([first, second])
  expect(order).toEqual(['first begins', 'first ends', 'second'])
  tab.stopLeading(infoHash)
})

test.each(['the first run', 'a later run'])('a failure of %s lets go of the share', async which => {
  const [first, second] = [await newTab(), await newTab()]
  if (which === 'a later run') await first.lead(infoHash, nothing)
  const failure = new Error('no room')
  await expect(first.lead(infoHash, () => Promise.reject(failure))).rejects.toBe(failure)
  expect(first.isHeld(infoHash)).toBe(false)
  await second.whenFree(infoHash)
})

test('a share is free when nobody runs it, and its deletion can wait for that', async () => {
  const [first, second] = [await newTab(), await newTab()]
  const running = longRun()
  void first.lead(infoHash, running.run)
  await running.begun
  let free = false
  const waiting = second.whenFree(infoHash).then(() => {
    free = true
  })
  first.stopLeading(infoHash)
  await lockTurns()
  expect(free).toBe(false)
  running.end()
  await waiting
})

test('who waits for a share that is never free is told', async () => {
  const [first, second] = [await newTab(), await newTab()]
  await first.lead(infoHash, nothing)
  await expect(second.whenFree(infoHash, 10)).rejects.toMatchObject({ code: 'share_open_elsewhere' })
  first.stopLeading(infoHash)
})
