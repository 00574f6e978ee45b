import fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Coalescer } from '../../../lib/base/coalescer.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('all calls within one turn of the event loop make one run', async () => {
  const run = vi.fn()
  const coalescer = new Coalescer(run)
  coalescer.soon()
  coalescer.soon()
  expect(run).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(0)
  expect(run).toHaveBeenCalledTimes(1)
  coalescer.soon()
  await vi.advanceTimersByTimeAsync(0)
  expect(run).toHaveBeenCalledTimes(2)
})

test('calls with delays make one run, when the shortest of them is over', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1 }), async delays => {
      const run = vi.fn()
      const coalescer = new Coalescer(run)
      for (const delay of delays) coalescer.within(delay)
      const shortest = Math.min(...delays)
      await vi.advanceTimersByTimeAsync(shortest - 1)
      expect(run).not.toHaveBeenCalled()
      await vi.advanceTimersByTimeAsync(1)
      expect(run).toHaveBeenCalledTimes(1)
      await vi.advanceTimersByTimeAsync(10_000)
      expect(run).toHaveBeenCalledTimes(1)
    }),
  )
})

test('nothing begins after it was stopped', async () => {
  const run = vi.fn()
  const coalescer = new Coalescer(run)
  coalescer.within(10)
  coalescer.stop()
  coalescer.soon()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(run).not.toHaveBeenCalled()
})
