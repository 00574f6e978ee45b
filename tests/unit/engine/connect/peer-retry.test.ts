import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PeerRetry } from '../../../../lib/engine/connect/peer-retry.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

function setUp() {
  const announce = vi.fn()
  return { announce, retry: new PeerRetry(announce) }
}

test('a failed connection is retried within half a second, then by relay, then at growing intervals', () => {
  const { announce, retry } = setUp()
  const waits: number[] = []
  for (let failure = 1; failure <= 9; failure++) {
    retry.failed('peer')
    expect(retry.byRelay).toBe(failure >= 2)
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

test('a peer that is connected at last is not retried, and the next connections may be direct', () => {
  const { announce, retry } = setUp()
  retry.failed('peer')
  retry.failed('peer')
  expect(retry).toMatchObject({ unreached: 1, byRelay: true })
  retry.connected('peer')
  expect(retry).toMatchObject({ unreached: 0, byRelay: false, hasFailures: false })
  vi.advanceTimersByTime(60_000)
  expect(announce).not.toHaveBeenCalled()
})

test('several failures at once are retried together', () => {
  const { announce, retry } = setUp()
  for (const peer of ['a', 'b', 'c']) retry.failed(peer)
  vi.advanceTimersByTime(500)
  expect(announce).toHaveBeenCalledTimes(1)
})

test('offers go out again while the swarm has others and none is connected, and not while one is', () => {
  const { announce, retry } = setUp()
  retry.answered(3, 1)
  vi.advanceTimersByTime(60_000)
  expect(announce).not.toHaveBeenCalled()
  retry.answered(1, 0)
  vi.advanceTimersByTime(4_000)
  expect(announce).toHaveBeenCalledTimes(1)
  retry.answered(0, 0)
  vi.advanceTimersByTime(60_000)
  expect(announce).toHaveBeenCalledTimes(1)
})

test('a lost connection is retried soon, however many failures came before', () => {
  const { announce, retry } = setUp()
  for (let failure = 0; failure < 8; failure++) {
    retry.failed('other')
    vi.advanceTimersToNextTimer()
  }
  announce.mockClear()
  retry.lost()
  vi.advanceTimersByTime(500)
  expect(announce).toHaveBeenCalledTimes(1)
})

test('unreached peers are remembered up to a limit', () => {
  const { retry } = setUp()
  for (let peer = 0; peer < 1000; peer++) retry.failed(String(peer))
  expect(retry.unreached).toBe(200)
})

test('a refused client announces again once the tracker has dropped its old socket', () => {
  const { announce, retry } = setUp()
  retry.refused()
  vi.advanceTimersByTime(5_000)
  expect(announce).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1_000)
  expect(announce).toHaveBeenCalledTimes(1)
})

test('unreached peers that have left do not keep the others on the relay', () => {
  const { retry } = setUp()
  retry.failed('gone')
  retry.failed('gone')
  retry.answered(2, 1)
  expect(retry.byRelay).toBe(true)
  retry.answered(1, 1)
  expect(retry).toMatchObject({ byRelay: false, unreached: 0 })
})
