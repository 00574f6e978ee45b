import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Redial } from '../../../lib/engine/connect/peer-retry.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

function setUp() {
  const announce = vi.fn()
  return { announce, redial: new Redial(announce) }
}

test('a connection that failed is tried again within half a second, then by relay, then ever more seldom', () => {
  const { announce, redial } = setUp()
  const waits: number[] = []
  for (let failure = 1; failure <= 9; failure++) {
    redial.failed('peer')
    expect(redial.byRelay).toBe(failure >= 2)
    const from = performance.now()
    vi.advanceTimersToNextTimer()
    waits.push(performance.now() - from)
    expect(announce).toHaveBeenCalledTimes(failure)
  }
  const [first = 0] = waits
  expect(first).toBeLessThanOrEqual(500)
  expect(Math.max(...waits)).toBeLessThanOrEqual(20_000)
  expect(waits.at(-1)).toBeGreaterThanOrEqual(10_000)
})

test('who is connected at last is not called again, and straight ways are open to the next', () => {
  const { announce, redial } = setUp()
  redial.failed('peer')
  redial.failed('peer')
  expect(redial).toMatchObject({ unreached: 1, byRelay: true })
  redial.connected('peer')
  expect(redial).toMatchObject({ unreached: 0, byRelay: false, patient: false })
  vi.advanceTimersByTime(60_000)
  expect(announce).not.toHaveBeenCalled()
})

test('several that fail together are called together', () => {
  const { announce, redial } = setUp()
  for (const peer of ['a', 'b', 'c']) redial.failed(peer)
  vi.advanceTimersByTime(500)
  expect(announce).toHaveBeenCalledTimes(1)
})

test('offers go out again while others are there and nobody answers, and not while somebody is connected', () => {
  const { announce, redial } = setUp()
  redial.answered(3, 1)
  vi.advanceTimersByTime(60_000)
  expect(announce).not.toHaveBeenCalled()
  redial.answered(1, 0)
  vi.advanceTimersByTime(4_000)
  expect(announce).toHaveBeenCalledTimes(1)
  redial.answered(0, 0)
  vi.advanceTimersByTime(60_000)
  expect(announce).toHaveBeenCalledTimes(1)
})

test('a connection that broke is called back soon, however often it failed before', () => {
  const { announce, redial } = setUp()
  for (let failure = 0; failure < 8; failure++) {
    redial.failed('other')
    vi.advanceTimersToNextTimer()
  }
  announce.mockClear()
  redial.lost()
  vi.advanceTimersByTime(500)
  expect(announce).toHaveBeenCalledTimes(1)
})

test('peers that were never reached do not pile up', () => {
  const { redial } = setUp()
  for (let peer = 0; peer < 1000; peer++) redial.failed(String(peer))
  expect(redial.unreached).toBe(200)
})

test('who is refused comes again when the tracker has given the old socket up', () => {
  const { announce, redial } = setUp()
  redial.refused()
  vi.advanceTimersByTime(5_000)
  expect(announce).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1_000)
  expect(announce).toHaveBeenCalledTimes(1)
})

test('who was not reached and left does not keep the others on the relay', () => {
  const { redial } = setUp()
  redial.failed('gone')
  redial.failed('gone')
  redial.answered(2, 1)
  expect(redial.byRelay).toBe(true)
  redial.answered(1, 1)
  expect(redial).toMatchObject({ byRelay: false, unreached: 0 })
})
