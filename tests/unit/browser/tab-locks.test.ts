import { beforeEach, expect, test, vi } from 'vitest'
import { TabLocks } from '../../../lib/browser/tab-locks.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'

let count = 0
let infoHash: InfoHash
let first: TabLocks
let second: TabLocks
let third: TabLocks
// The Web Locks are the process's own: each instance stands for a tab of one browser.
beforeEach(() => {
  infoHash = String(++count).padStart(40, '0') as InfoHash
  first = new TabLocks()
  second = new TabLocks()
  third = new TabLocks()
})

/** A run that lasts until `end`; `begun` resolves with how it began. */
function longRun() {
  const begun = Promise.withResolvers<'started' | 'taken over'>()
  const ended = Promise.withResolvers<void>()
  const run = (how: 'started' | 'taken over') => () => {
    begun.resolve(how)
    return ended.promise
  }
  return {
    start: run('started'),
    takeOver: run('taken over'),
    begun: begun.promise,
    end: () => ended.resolve(),
  }
}

const nothing = async () => {}

/** Resolves when the lock manager has granted whatever it can. */
async function lockTurns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await navigator.locks.query()
}

test('one tab runs the share; the next one does when the first releases it', async () => {
  expect(await first.acquire(infoHash, nothing)).toBe(true)
  const next = longRun()
  expect(await second.acquire(infoHash, next.start, next.takeOver)).toBe(false)
  expect(second.isRequested(infoHash)).toBe(true)
  first.release(infoHash)
  expect(first.isRequested(infoHash)).toBe(false)
  expect(await next.begun).toBe('taken over')
  next.end()
  second.release(infoHash)
})

test('a tab that gave up waiting does not take over', async () => {
  await first.acquire(infoHash, nothing)
  const unwanted = vi.fn(nothing)
  await second.acquire(infoHash, unwanted)
  const next = longRun()
  await third.acquire(infoHash, next.start)
  second.release(infoHash)
  first.release(infoHash)
  await next.begun
  expect(unwanted).not.toHaveBeenCalled()
  next.end()
  third.release(infoHash)
})

test('no other tab begins before the last run has ended', async () => {
  const order: string[] = []
  const running = longRun()
  const acquired = first.acquire(infoHash, running.start).then(() => order.push('first ended'))
  await running.begun
  const next = longRun()
  await second.acquire(infoHash, next.start)
  const taken = next.begun.then(() => order.push('second began'))
  first.release(infoHash)
  await lockTurns()
  running.end()
  await Promise.all([acquired, taken])
  expect(order).toEqual(['first ended', 'second began'])
  next.end()
  second.release(infoHash)
})

test('runs of one tab follow each other', async () => {
  const order: string[] = []
  const slow = longRun()
  const one = first.acquire(infoHash, async () => {
    order.push('first begins')
    await slow.start()
    order.push('first ends')
  })
  await slow.begun
  const two = first.acquire(infoHash, async () => void order.push('second'))
  slow.end()
  await Promise.all([one, two])
  expect(order).toEqual(['first begins', 'first ends', 'second'])
  first.release(infoHash)
})

test.each(['the first run', 'a later run'])('a failure of %s releases the share', async which => {
  if (which === 'a later run') await first.acquire(infoHash, nothing)
  const failure = new Error('no room')
  await expect(first.acquire(infoHash, () => Promise.reject(failure))).rejects.toBe(failure)
  expect(first.isRequested(infoHash)).toBe(false)
  await second.waitUntilFree(infoHash)
})

test('a share is free when no tab runs it, and its deletion can wait for that', async () => {
  const running = longRun()
  void first.acquire(infoHash, running.start)
  await running.begun
  let isFree = false
  const waiting = second.waitUntilFree(infoHash).then(() => {
    isFree = true
  })
  first.release(infoHash)
  await lockTurns()
  expect(isFree).toBe(false)
  running.end()
  await waiting
})

test('waiting for a share that is never free ends with an error', async () => {
  await first.acquire(infoHash, nothing)
  await expect(second.waitUntilFree(infoHash, 10)).rejects.toMatchObject({ code: 'share_open_elsewhere' })
  first.release(infoHash)
})
