import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SendingRate } from '../../../../lib/engine/connect/lanes/outlet.ts'

const KIB = 1024

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

/** A connection that has sent so many bytes a second for two seconds, with 64 KiB waiting all the time. */
function sendingAt(rate: number): SendingRate {
  const connection = new SendingRate()
  connection.add(64 * KIB, 64 * KIB)
  for (let tick = 0; tick < 20; tick++) {
    vi.advanceTimersByTime(100)
    connection.add(rate / 10, 64 * KIB)
  }
  return connection
}

test('a block waits as long as what is before it, and itself, take', () => {
  const connection = sendingAt(1000 * KIB)
  expect(connection.delayMs(100 * KIB, 100 * KIB)).toBeCloseTo(200)
})

test('with as many bytes waiting, a fast connection is sooner than a slow one', () => {
  expect(sendingAt(2000 * KIB).delayMs(64 * KIB, 128 * KIB)).toBeLessThan(
    sendingAt(200 * KIB).delayMs(64 * KIB, 32 * KIB),
  )
})

test('one that has nothing to send takes a block at once, however little it has sent', () => {
  expect(sendingAt(KIB).delayMs(64 * KIB, 0)).toBe(0)
  expect(new SendingRate().delayMs(64 * KIB, 0)).toBe(0)
})
