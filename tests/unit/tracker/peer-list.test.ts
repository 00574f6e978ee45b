import { expect, test } from 'vitest'
import { Access } from '../../../server/tracker/access.ts'
import { Counters } from '../../../server/tracker/counters.ts'
import { type Listed, PeerList } from '../../../server/tracker/swarms/peer-list.ts'
import { Swarms } from '../../../server/tracker/swarms/swarms.ts'
import { cpuTime } from '../../support/cpu-time.ts'

const peerOf = (network: string, seed: boolean): Listed => ({ network, seed, at: -1 })

function listOf(...networks: readonly (readonly [name: string, seeds: number, leechers: number])[]) {
  const list = new PeerList<Listed>()
  const peers = networks.flatMap(([name, seeds, leechers]) =>
    Array.from({ length: seeds + leechers }, (_, at) => peerOf(name, at < seeds)),
  )
  for (const peer of peers) list.add(peer)
  return { list, peers }
}

const STRANGER = { at: -1, seed: false, network: 'nowhere' }

test('a publisher among a thousand fakes of three networks is in every draw of five', () => {
  const { list, peers } = listOf(['a', 200, 133], ['b', 0, 333], ['c', 334, 0], ['d', 1, 0])
  const publisher = peers.at(-1)
  for (let draw = 0; draw < 200; draw += 1) expect(list.draw(5, STRANGER)).toContain(publisher)
})

test('a draw takes as many of each network as there are, evenly, and fills up from the large ones', () => {
  const { list } = listOf(['a', 100, 0], ['b', 3, 0], ['c', 0, 100])
  const drawn = list.draw(23, STRANGER)
  expect(new Set(drawn).size).toBe(23)
  const of = (name: string) => drawn.filter(({ network }) => network === name).length
  expect([of('a'), of('b'), of('c')]).toEqual([10, 3, 10])
  expect(new Set(list.draw(1_000, STRANGER)).size).toBe(203)
})

test('a seed draws leechers of every network, and nobody draws itself', () => {
  const { list, peers } = listOf(['a', 50, 1], ['b', 50, 0], ['c', 1, 50], ['d', 0, 1])
  const leechers = peers.filter(({ seed }) => !seed)
  for (const asking of peers) {
    const all = new Set(list.draw(1_000, asking))
    const wanted = (asking.seed ? leechers : peers).filter(peer => peer !== asking)
    expect(all).toEqual(new Set(wanted))
    expect(list.draw(1, asking)).not.toContain(asking)
  }
  // Alone in its network, it takes no other network's turn.
  const alone = leechers.find(({ network }) => network === 'd')
  if (alone === undefined) throw new Error('nobody is alone')
  for (let draw = 0; draw < 100; draw += 1) expect(list.draw(3, alone)).toHaveLength(3)
})

test('after random changes the list is that of a naive model', () => {
  let state = 3
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const list = new PeerList<Listed>()
  const model = new Set<Listed>()
  for (let step = 0; step < 20_000; step += 1) {
    const known = [...model][random(model.size)]
    if (known === undefined || (model.size < 60 && random(2) === 0)) {
      const peer = peerOf(`network ${random(20)}`, random(2) === 0)
      list.add(peer)
      model.add(peer)
    } else if (random(2) === 0) {
      list.setSeed(known, random(2) === 0)
    } else {
      list.remove(known)
      model.delete(known)
      expect(known.at).toBe(-1)
    }
    const seeds = [...model].filter(({ seed }) => seed).length
    expect([list.complete, list.incomplete, list.size]).toEqual([seeds, model.size - seeds, model.size])
    if (step % 50 > 0) continue
    expect(new Set(list)).toEqual(model)
    expect(new Set(list.draw(100, STRANGER))).toEqual(model)
    expect(new Set(list.draw(100, { ...STRANGER, seed: true })).size).toBe(model.size - seeds)
  }
})

test('50,000 peers of one id come and expire in constant time each', () => {
  let now = 0
  const swarms = new Swarms({
    access: new Access('open'),
    counters: new Counters(),
    now: () => now,
    limited: true,
  })
  const by = { countsDownloads: true, peersMax: Number.POSITIVE_INFINITY }
  const report = { event: undefined, seed: false, downloaded: 0 }
  const announceAll = (downloaded: number) => {
    for (let at = 0; at < 50_000; at += 1) {
      const compact = String.fromCharCode(10, 1, 1, at >> 8, at & 255, 80)
      swarms.announceClassic('h'.repeat(20), 'one id'.padEnd(20), compact, { ...report, downloaded }, by)
    }
  }
  expect(cpuTime(() => announceAll(0))).toBeLessThan(2_000)
  now += 1_000
  expect(cpuTime(() => announceAll(5))).toBeLessThan(2_000)
  now += 60 * 60_000
  expect(cpuTime(() => swarms.sweep())).toBeLessThan(400)
  expect(swarms.size).toBe(0)
})
