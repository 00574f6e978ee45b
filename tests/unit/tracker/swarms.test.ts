import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { Access } from '../../../server/tracker/access.ts'
import { Counters } from '../../../server/tracker/counters.ts'
import type { TabOwner, TabPeer } from '../../../server/tracker/swarms/swarm.ts'
import { type Report, Swarms } from '../../../server/tracker/swarms/swarms.ts'

const STEPS = 100_000
const HASHES = ['a', 'b', 'c', 'd'].map(letter => letter.repeat(20))
const TAB_AGE_MS = 10 * 60_000
const CLASSIC_AGE_MS = 25 * 60_000

const home = { network: 'home', peersMax: Number.POSITIVE_INFINITY }

/** A seeded generator, so that every run has the same steps. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/** A peer as the naive model has it: a row in a list. */
interface Row {
  readonly infoHash: string
  readonly peer: TabPeer | string
  readonly id: string
  seed: boolean
  seenAt: number
  /** Its completed download is counted. */
  done?: boolean
  /** A tab whose id another one announced later. */
  outdated?: boolean
}

/** A tab and a classic peer of one id are one client, which is a seed if either is. */
function clients(rows: readonly Row[]): { complete: number; incomplete: number } {
  let complete = rows.filter(row => row.seed).length
  let incomplete = rows.length - complete
  for (const tab of rows) {
    if (typeof tab.peer === 'string' || tab.outdated) continue
    const same = rows.filter(row => typeof row.peer === 'string' && row.id === tab.id)
    if (same.length === 0) continue
    if (tab.seed && same.some(row => row.seed)) complete -= 1
    else incomplete -= 1
  }
  return { complete, incomplete }
}

test(`after each of ${STEPS} random steps the counts are those of a naive model`, () => {
  const random = randomNumbers(7)
  const pick = <T>(list: readonly T[]): T | undefined => list[random(list.length)]
  let now = 0
  const swarms = new Swarms({
    access: new Access('open'),
    counters: new Counters(),
    now: () => now,
    limited: true,
  })
  let rows: Row[] = []
  const completed = new Map<string, number>()
  const removed: TabPeer[] = []
  const owner: TabOwner = {
    ...home,
    countsDownloads: true,
    send: () => {},
    probe: () => {},
    removed: peer => removed.push(peer),
  }
  const report = (event?: Report['event']): Report => ({
    event,
    seed: event === 'completed' || random(3) === 0,
    downloaded: random(2) === 0 ? undefined : random(1_000_000),
  })
  const randomId = () => `peer ${random(50)}`.padEnd(20)
  const isTab = (row: Row): row is Row & { peer: TabPeer } => typeof row.peer !== 'string'
  const accept = (row: Row, said: Report) => {
    if (said.event === 'started' && !said.seed) row.done = false
    if (said.event === 'completed' && !row.seed && !row.done) {
      // One client may be here as a tab and as classic peers.
      const same = (one: Row) => one.infoHash === row.infoHash && one.id === row.id && !one.outdated
      for (const one of [row, ...rows.filter(same)]) one.done = true
      completed.set(row.infoHash, (completed.get(row.infoHash) ?? 0) + 1)
    }
    row.seed = said.seed
    row.seenAt = now
  }
  const steps: (() => void)[] = [
    () => {
      const infoHash = pick(HASHES) ?? ''
      const said = report('started')
      const id = randomId()
      const peer = swarms.joinTab(infoHash, id, owner, said)
      if (typeof peer === 'string') throw new Error(peer)
      for (const row of rows)
        if (isTab(row) && row.infoHash === infoHash && row.id === id) row.outdated = true
      rows.push({ infoHash, peer, id, seed: said.seed, seenAt: now })
    },
    () => {
      const row = pick(rows.filter(isTab))
      const said = report(pick([undefined, 'completed', 'update'] as const))
      if (row === undefined) return
      swarms.reportTab(row.peer, said)
      accept(row, said)
    },
    () => {
      const row = pick(rows.filter(isTab))
      if (row === undefined) return
      swarms.leaveTab(row.peer)
      // Leaving twice has no further effect.
      swarms.leaveTab(row.peer)
      rows = rows.filter(one => one !== row)
    },
    () => {
      const infoHash = pick(HASHES) ?? ''
      const address = String.fromCharCode(random(30)).repeat(random(2) === 0 ? 6 : 18)
      const event = pick([undefined, 'started', 'completed', 'stopped'] as const)
      const said = report(event)
      const row = rows.find(one => one.infoHash === infoHash && one.peer === address)
      const id = row !== undefined && random(4) > 0 ? row.id : randomId()
      swarms.announceClassic(infoHash, id, address, said, owner)
      if (row !== undefined && row.id === id && event !== 'stopped') {
        accept(row, said)
      } else if (event !== 'stopped' || row?.id === id) {
        rows = rows.filter(one => one !== row)
        if (event !== 'stopped') rows.push({ infoHash, peer: address, id, seed: said.seed, seenAt: now })
      }
    },
    () => {
      if (random(100) > 0) return
      const infoHash = pick(HASHES) ?? ''
      removed.length = 0
      swarms.drop(infoHash)
      const gone = rows.filter(row => row.infoHash === infoHash)
      expect(new Set(removed)).toEqual(new Set(gone.filter(isTab).map(({ peer }) => peer)))
      rows = rows.filter(row => row.infoHash !== infoHash)
      completed.delete(infoHash)
    },
    () => {
      now += random(60_000)
      if (random(20) > 0) return
      swarms.sweep()
      rows = rows.filter(row => now - row.seenAt <= (isTab(row) ? TAB_AGE_MS : CLASSIC_AGE_MS))
    },
    () => {
      const row = pick(rows.filter(isTab))
      if (row === undefined) return
      const wanted = random(12)
      const drawn = row.peer.swarm.tabs.draw(wanted, row.peer)
      const others = rows.filter(
        one => isTab(one) && one.infoHash === row.infoHash && one !== row && !(one.seed && row.seed),
      )
      expect(new Set(drawn).size).toBe(Math.min(wanted, others.length))
      expect(drawn.every(peer => others.some(other => other.peer === peer))).toBe(true)
    },
  ]
  for (let step = 0; step < STEPS; step += 1) {
    pick(steps)?.()
    const infoHash = pick(HASHES) ?? ''
    const here = rows.filter(row => row.infoHash === infoHash)
    const counted = swarms.counts(infoHash)
    const known = { ...clients(here), downloaded: completed.get(infoHash) ?? 0 }
    if (!isDeepStrictEqual(counted, known)) expect(counted, `step ${step}`).toEqual(known)
  }
  for (const row of rows.filter(isTab)) swarms.leaveTab(row.peer)
  now += 2 * CLASSIC_AGE_MS
  swarms.sweep()
  expect(swarms.size).toBe(0)
})

test('a draw is uniform', () => {
  const swarms = new Swarms({
    access: new Access('open'),
    counters: new Counters(),
    now: () => 0,
    limited: true,
  })
  const owner: TabOwner = {
    ...home,
    countsDownloads: true,
    send: () => {},
    probe: () => {},
    removed: () => {},
  }
  const peers = Array.from({ length: 20 }, (_, at) =>
    swarms.joinTab(HASHES[0] ?? '', `peer ${at}`.padEnd(20), owner, {
      event: 'started',
      seed: at % 2 === 0,
      downloaded: 0,
    }),
  )
  const [, asking] = peers
  if (typeof asking !== 'object') throw new Error('it did not join')
  const found = new Map(peers.map(peer => [peer, 0]))
  const draws = 20_000
  for (let draw = 0; draw < draws; draw += 1) {
    for (const peer of asking.swarm.tabs.draw(5, asking)) found.set(peer, (found.get(peer) ?? 0) + 1)
  }
  expect(found.get(asking)).toBe(0)
  found.delete(asking)
  // Five of nineteen each time; six standard deviations on either side.
  const expected = (draws * 5) / 19
  for (const count of found.values()) expect(Math.abs(count - expected)).toBeLessThan(6 * Math.sqrt(expected))
})

/** Announces of one client, over the transports that it uses, in the order in which they arrive. */
type Step = readonly [transport: 'tab' | 'http' | 'udp', event: Report['event'], downloaded: number]

test.each<{ name: string; steps: Step[]; downloads: number; bytes: number }>([
  {
    name: 'a tab',
    steps: [
      ['tab', 'started', 0],
      ['tab', 'completed', 500],
      ['tab', 'completed', 500],
    ],
    downloads: 1,
    bytes: 500,
  },
  {
    name: 'a program that announces over three transports',
    steps: [
      ['tab', 'started', 0],
      ['http', 'started', 0],
      ['udp', 'started', 0],
      ['http', undefined, 200],
      ['udp', undefined, 100],
      ['tab', 'completed', 500],
      ['http', 'completed', 500],
      ['udp', 'completed', 500],
    ],
    downloads: 1,
    bytes: 500,
  },
  {
    name: 'one that leaves over one transport before it reports over the other',
    steps: [
      ['http', 'started', 0],
      ['tab', 'started', 0],
      ['tab', 'completed', 500],
      ['tab', 'stopped', 500],
      ['http', 'completed', 500],
      ['http', 'stopped', 500],
    ],
    downloads: 1,
    bytes: 500,
  },
  {
    name: 'one that downloads it again',
    steps: [
      ['tab', 'started', 0],
      ['tab', 'completed', 500],
      ['tab', 'started', 0],
      ['tab', 'completed', 500],
    ],
    downloads: 2,
    bytes: 1000,
  },
])('a download is counted once: $name', ({ bytes, downloads, steps }) => {
  let now = 0
  const counters = new Counters()
  const swarms = new Swarms({ access: new Access('open'), counters, now: () => now, limited: true })
  const [infoHash = ''] = HASHES
  const id = 'one client'.padEnd(20)
  const by: TabOwner = { ...home, countsDownloads: true, send: () => {}, probe: () => {}, removed: () => {} }
  let tab: TabPeer | undefined
  for (const [transport, event, downloaded] of steps) {
    now += 1000
    const said = { event, downloaded, seed: event === 'completed' }
    if (transport !== 'tab') swarms.announceClassic(infoHash, id, transport.padEnd(6), said, by)
    else if (tab) swarms.reportTab(tab, said)
    else tab = swarms.joinTab(infoHash, id, by, said) as TabPeer
    if (transport === 'tab' && tab && event === 'stopped') swarms.leaveTab(tab)
  }
  expect(swarms.totals().get(infoHash)).toMatchObject({ completed: downloads, bytes })
  expect(counters).toMatchObject({ completed: downloads, bytes })
})

test("our own seeder's copy is nobody's download", () => {
  const swarms = new Swarms({
    access: new Access('open'),
    counters: new Counters(),
    now: () => 0,
    limited: true,
  })
  const [infoHash = ''] = HASHES
  const by: TabOwner = { ...home, countsDownloads: false, send: () => {}, probe: () => {}, removed: () => {} }
  const said = (event: Report['event'], downloaded: number) => ({
    event,
    downloaded,
    seed: event === 'completed',
  })
  const tab = swarms.joinTab(infoHash, 'seeder'.padEnd(20), by, said('started', 0)) as TabPeer
  swarms.announceClassic(infoHash, 'seeder'.padEnd(20), 'tcp'.padEnd(6), said('started', 0), by)
  swarms.reportTab(tab, said('completed', 500))
  swarms.announceClassic(infoHash, 'seeder'.padEnd(20), 'tcp'.padEnd(6), said('completed', 500), by)
  expect(swarms.totals().get(infoHash)).toBeUndefined()
  expect(swarms.counts(infoHash)).toEqual({ complete: 1, incomplete: 0, downloaded: 0 })
})
