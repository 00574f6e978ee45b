import { describe, expect, it } from 'vitest'
import { ServerBackOff } from '../../../../lib/engine/web-seeds/server-back-off.ts'
import { parseRetryAfter, RETRY_MAX_MS } from '../../../../lib/engine/web-seeds/web-seed-source.ts'

describe('ServerBackOff', () => {
  it('waits a second, doubling to five minutes, and resets after a success', () => {
    const backOff = new ServerBackOff(() => 1)
    const waits: number[] = []
    let now = 0
    for (let failure = 0; failure < 11; failure++) {
      backOff.fail(now, null)
      waits.push(backOff.wait(now) / 1000)
      now += backOff.wait(now)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
    backOff.succeed()
    backOff.fail(now, null)
    expect(backOff.wait(now)).toBe(1000)
  })

  it('spreads waiting clients over half of the time', () => {
    const soonest = new ServerBackOff(() => 0)
    soonest.fail(0, null)
    expect(soonest.wait(0)).toBe(500)
  })

  it('waits at least as long as the server asks', () => {
    const backOff = new ServerBackOff(() => 1)
    backOff.fail(0, 30_000)
    expect(backOff.wait(0)).toBe(30_000)
  })

  it('counts requests that fail in parallel as one failure', () => {
    const backOff = new ServerBackOff(() => 1)
    for (const at of [0, 1, 2]) backOff.fail(at, null)
    expect(backOff.failures).toBe(1)
  })
})

describe('parseRetryAfter', () => {
  const now = Date.UTC(2026, 10, 23, 12, 0, 0)

  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['99999999999999999999', RETRY_MAX_MS],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['Fri, 01 Jan 2100 00:00:00 GMT', RETRY_MAX_MS],
    [null, null],
    ['', null],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
  ])('reads %j', (value, wait) => {
    expect(parseRetryAfter(value, now)).toBe(wait)
  })
})
