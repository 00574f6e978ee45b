import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RunningSaves } from '../../../lib/browser/running-saves.ts'
import { showProgress } from '../../../lib/browser/shown-progress.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'

const FILE = { infoHash: 'a'.repeat(40) as InfoHash, index: 0, path: ['big.bin'], length: 1000 }

type Watch = Parameters<Parameters<RunningSaves['run']>[1]>[0]

/** A save that goes on until it is told, or cancelled. */
function openSave() {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const watches: Watch[] = []
  const save = (watch: Watch) => {
    watches.push(watch)
    watch.signal.addEventListener('abort', () => reject(new Error('cancelled')))
    return promise
  }
  return { save, end: resolve, watches }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('shows a save that takes longer than a moment, until it ends', async () => {
  const saves = new RunningSaves()
  const { save, end, watches } = openSave()
  const running = saves.run(FILE, save)
  watches[0]?.onProgress(100)
  expect(saves.getSnapshot()).toEqual([])
  vi.advanceTimersByTime(1000)
  expect(saves.getSnapshot()).toMatchObject([{ ...FILE, bytes: 100 }])
  watches[0]?.onProgress(500)
  expect(saves.getSnapshot()).toMatchObject([{ ...FILE, bytes: 500, timeLeft: 1 }])
  end()
  await running
  expect(saves.getSnapshot()).toEqual([])
})

it('never shows one that is over sooner', async () => {
  const saves = new RunningSaves()
  await saves.run(FILE, async () => undefined)
  vi.advanceTimersByTime(1000)
  expect(saves.getSnapshot()).toEqual([])
})

it('saves a file once at a time, and again after a cancel', async () => {
  const saves = new RunningSaves()
  const first = openSave()
  const running = [saves.run(FILE, first.save), saves.run(FILE, first.save)]
  expect(first.watches).toHaveLength(1)
  vi.advanceTimersByTime(1000)
  saves.getSnapshot()[0]?.cancel()
  for (const each of running) await expect(each).rejects.toThrow('cancelled')
  expect(saves.getSnapshot()).toEqual([])
  const second = openSave()
  second.end()
  await saves.run(FILE, second.save)
  expect(second.watches).toHaveLength(1)
})

it('says how far it is at most five times a second', () => {
  let now = 0
  const shown: number[] = []
  const report = showProgress(
    1000,
    ({ bytes }) => shown.push(bytes),
    () => now,
  )
  for (let bytes = 0; bytes < 1000; bytes += 10, now += 10) report(bytes)
  expect(shown).toEqual([0, 200, 400, 600, 800])
})
