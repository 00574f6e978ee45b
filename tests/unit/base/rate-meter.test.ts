import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateMeter } from '../../../lib/base/rate-meter.ts'

describe('RateMeter', () => {
  it('has no rate at first', () => {
    const meter = new RateMeter()
    expect(meter.rate()).toBe(0)
    expect(meter.timeLeft(100)).toBeNull()
    expect(meter.timeLeft(0)).toBe(0)
  })

  it('follows the last five seconds', () => {
    const meter = new RateMeter()
    for (let second = 0; second <= 20; second++) meter.update(second * 1000, second * 1000)
    expect(meter.rate()).toBe(1000)
    for (let second = 21; second <= 30; second++) meter.update(20_000, second * 1000)
    expect(meter.rate()).toBe(0)
    expect(meter.timeLeft(5)).toBeNull()
  })

  it('computes the remaining time at the current rate', () => {
    const meter = new RateMeter()
    meter.update(0, 0)
    meter.update(5000, 1000)
    expect(meter.timeLeft(10_000)).toBe(2)
  })

  it('is finite, and exact for any steady rate however often it is asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 2, maxLength: 60 }),
        (perSecond, steps) => {
          const meter = new RateMeter()
          let now = 0
          meter.update(0, now)
          for (const step of steps) {
            now += step
            meter.update((now / 1000) * perSecond, now)
            expect(Number.isFinite(meter.rate())).toBe(true)
          }
          if (now > 0) expect(meter.rate() / perSecond).toBeCloseTo(1, 6)
        },
      ),
    )
  })
})
