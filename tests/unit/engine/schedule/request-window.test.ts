import { expect, test } from 'vitest'
import { RequestWindow } from '../../../../lib/engine/schedule/request-window.ts'

const MiB = 1024 * 1024
/** What is asked for before anything is known of the line. */
const MIN = 256 * 1024

/** A line of so many bytes a second: what is requested arrives a round trip later, as fast as it carries. Seconds until it is full. */
function run(window: RequestWindow, rate: number, roundTripMs: number, ms: number, from = 0): void {
  const step = 10
  for (let now = from; now <= from + ms; now += step) {
    const bound = (1000 * window.bytes(rate)) / roundTripMs
    window.received((Math.min(rate, bound) * step) / 1000, now)
  }
}

test('on a long line it grows within a second to what the line holds, and not to much more', () => {
  for (const [mbits, roundTripMs] of [
    [100, 50],
    [100, 200],
    [400, 100],
  ] as const) {
    const window = new RequestWindow()
    window.setRoundTrip(roundTripMs)
    const rate = (mbits * 1e6) / 8
    const holds = (rate * roundTripMs) / 1000
    expect(window.bytes(0)).toBeLessThanOrEqual(MIN)
    run(window, rate, roundTripMs, 3_000)
    expect(window.bytes(rate)).toBeGreaterThan(holds)
    // And what two busy tabs take to answer.
    expect(window.bytes(rate)).toBeLessThan(2.1 * (holds + 0.06 * rate))
  }
})

test('it shrinks within seconds with the rate of a peer that slows down, to a floor', () => {
  const window = new RequestWindow()
  window.setRoundTrip(100)
  run(window, 12e6, 100, 3_000)
  expect(window.bytes(12e6)).toBeGreaterThan(MiB)
  run(window, 10_000, 100, 4_000, 3_000)
  expect(window.bytes(10_000)).toBe(MIN)
})

test('on a short line, or an unknown one, it is two seconds at the rate, within bounds', () => {
  const window = new RequestWindow()
  expect(window.bytes(0)).toBe(MIN)
  window.received(1, 0)
  expect(window.bytes(MiB)).toBe(2 * MiB)
  window.setRoundTrip(1)
  expect(window.bytes(100 * MiB)).toBe(4 * MiB)
  expect(window.bytes(1)).toBe(MIN)
  // Later ones have our own queues in them.
  window.setRoundTrip(60)
  expect(window.bytes(MiB)).toBe(2 * MiB)
})

test('further connections have blocks of their own, on a long line', () => {
  let connections = 1
  const window = new RequestWindow(() => connections)
  window.setRoundTrip(50)
  window.received(1, 0)
  const alone = window.bytes(0)
  connections = 8
  expect(window.bytes(0) - alone).toBeGreaterThanOrEqual(7 * 64 * 1024)
})
