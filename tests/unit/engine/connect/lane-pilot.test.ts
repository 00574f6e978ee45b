import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LanePilot } from '../../../../lib/engine/connect/lanes/lane-pilot.ts'

const MB = 1e6

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => void vi.useRealTimers())

interface Line {
  /** Bytes a second with so many connections. */
  readonly rate: (connections: number) => number
  readonly roundTripMs?: number
  readonly limit?: number | null
  readonly missing?: number
  readonly most?: number
  /** Bytes a second from other peers. */
  readonly others?: number
  /** The peer refuses lanes. */
  readonly refuses?: boolean
  /** Part of the bytes that come over lanes. */
  readonly onLanes?: number
}

/** A peer behind such a line, whose requests are open all the time. */
function setUp(line: Line) {
  const {
    limit = null,
    missing = 1e9,
    most = 7,
    onLanes = 0.8,
    others = 0,
    rate,
    refuses = false,
    roundTripMs = 50,
  } = line
  const wire = { destroyed: false, downloaded: 0, requests: [1] as number[] }
  const lanes = {
    count: 0,
    opening: 0,
    receivedBytes: 0,
    counts: [] as number[],
    get mayOpen(): boolean {
      return lanes.count < most
    },
    open(count: number): void {
      if (!refuses) lanes.count = Math.min(most, lanes.count + count)
      lanes.counts.push(lanes.count)
    },
    silent: [] as number[],
    endSilent(milliseconds: number): void {
      lanes.silent.push(milliseconds)
    },
    retire(count?: number): void {
      lanes.count -= count ?? lanes.count
      lanes.counts.push(lanes.count)
    },
  }
  const pilot = new LanePilot({
    received: () => wire.downloaded + (others * performance.now()) / 1000,
    missing: () => missing,
    limit: () => limit,
    minRoundTripMs: 10,
  })
  pilot.add({ wire, lanes, roundTrip: done => done(roundTripMs) })
  /** Lets so many seconds pass. */
  const pass = (seconds: number) => {
    for (let tick = 0; tick < 20 * seconds; tick++) {
      const bytes = wire.requests.length > 0 ? rate(1 + lanes.count) / 20 : 0
      wire.downloaded += bytes
      if (lanes.count > 0) lanes.receivedBytes += onLanes * bytes
      vi.advanceTimersByTime(50)
    }
  }
  return { lanes, pass, pilot, wire }
}

test('where each connection brings more, a peer has all that are allowed, within seconds', () => {
  const { lanes, pass } = setUp({ rate: connections => connections * MB })
  pass(5)
  expect(lanes.counts).toEqual([7])
  pass(60)
  expect(lanes.count).toBe(7)
})

test('while requests are open, lanes that hold on to what was sent on them are closed', () => {
  const { lanes, pass, wire } = setUp({ rate: connections => connections * MB, roundTripMs: 300 })
  pass(5)
  // Eight round trips.
  expect(new Set(lanes.silent)).toEqual(new Set([2400]))
  wire.requests = []
  pass(1)
  const count = lanes.silent.length
  pass(1)
  expect(lanes.silent).toHaveLength(count)
})

test('on a thin line, a lane has the time that three blocks take, whatever other peers give', () => {
  const { lanes, pass } = setUp({ rate: connections => 0.1 * connections * MB, others: MB })
  pass(10)
  const blockMs = (1000 * 7 * 131_072) / (8 * 0.1 * MB)
  expect(lanes.silent.at(-1)).toBeGreaterThan(2.8 * blockMs)
  expect(lanes.silent.at(-1)).toBeLessThan(3.2 * blockMs)
})

test('on a phone it has two', () => {
  const { lanes, pass } = setUp({ rate: connections => connections * MB, most: 2 })
  pass(20)
  expect(lanes.count).toBe(2)
})

test('lanes that bring nothing are closed, and tried again ever more rarely', () => {
  const { lanes, pass } = setUp({ rate: () => 10 * MB })
  pass(8)
  expect(lanes.counts).toEqual([7, 0])
  pass(60)
  expect(lanes.count).toBe(0)
  expect(lanes.counts.length).toBeLessThanOrEqual(8)
})

test('none on a short way', () => {
  const { lanes, pass } = setUp({ rate: connections => connections * MB, roundTripMs: 2 })
  pass(20)
  expect(lanes.counts).toEqual([])
})

test('none where a limit is the bound, or the end is near', () => {
  for (const line of [{ limit: 1.1 * MB }, { missing: 0.5 * MB }]) {
    const { lanes, pass } = setUp({ rate: connections => connections * MB, ...line })
    pass(10)
    expect(lanes.counts).toEqual([])
  }
})

test('none for a peer whose requests are not open all the time', () => {
  const { lanes, pass, wire } = setUp({ rate: () => MB })
  for (let turn = 0; turn < 50; turn++) {
    wire.requests = turn % 2 ? [] : [1]
    pass(0.1)
  }
  expect(lanes.counts).toEqual([])
})

test('a refusal is not answered by asking at once again', () => {
  const { lanes, pass } = setUp({ rate: connections => connections * MB, refuses: true })
  pass(9)
  expect(lanes.counts).toEqual([0])
})

test('lanes are closed when the peer has nothing to send, or sends next to nothing on them', () => {
  const idle = setUp({ rate: connections => connections * MB })
  idle.pass(5)
  idle.wire.requests = []
  idle.pass(10)
  expect(idle.lanes.count).toBe(0)
  const silent = setUp({ rate: connections => connections * MB, onLanes: 0.05 })
  silent.pass(25)
  expect(silent.lanes.count).toBe(0)
})
