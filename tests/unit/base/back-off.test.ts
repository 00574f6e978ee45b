import { describe, expect, it } from 'vitest'
import { BackOff } from '../../../lib/base/back-off.ts'

describe('BackOff', () => {
  it('doubles the wait with each failure up to the longest, and starts again after a reset', () => {
    const backOff = new BackOff({ firstMs: 100, maxMs: 500, random: () => 1 })
    expect([1, 2, 3, 4, 5].map(() => backOff.next())).toEqual([100, 200, 400, 500, 500])
    expect(backOff.failures).toBe(5)
    backOff.reset()
    expect(backOff.failures).toBe(0)
    expect(backOff.next()).toBe(100)
  })

  it('shortens a wait by half at most', () => {
    const shortest = new BackOff({ firstMs: 100, maxMs: 500, random: () => 0 })
    expect([1, 2].map(() => shortest.next())).toEqual([50, 100])
    const own = new BackOff({ firstMs: 100, maxMs: 100 })
    for (let time = 0; time < 100; time++) {
      const wait = own.next()
      expect(wait).toBeGreaterThanOrEqual(50)
      expect(wait).toBeLessThanOrEqual(100)
    }
  })
})
