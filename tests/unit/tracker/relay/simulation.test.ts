import { afterEach, describe, expect, test, vi } from 'vitest'
import { sized } from '../../../support/long.ts'
import { MemoryHub } from '../../../support/relay/memory-bus.ts'
import {
  HASH,
  isConnected,
  randomOf,
  SimulatedNode,
  SimulatedPeer,
  VirtualClock,
} from '../../../support/relay/simulation.ts'

afterEach(() => vi.restoreAllMocks())

const INTERVAL_MS = 120_000
const SEEDS = sized({ gate: 25, long: 1_000 })

/** A swarm over nodes that everything in it, the draws too, depends on `seed` alone. */
function open(seed: number, options: { nodes: number; peers: number; loss: number; answers?: boolean }) {
  const random = randomOf(seed)
  vi.spyOn(Math, 'random').mockImplementation(random)
  const clock = new VirtualClock()
  const network = { loss: options.loss }
  const hub = new MemoryHub({
    timing: clock,
    latency: () => 1 + Math.floor(random() * 3),
    isLost: () => random() < network.loss,
  })
  const nodes = Array.from({ length: options.nodes }, (_, at) => new SimulatedNode(hub, `n${at}`))
  const peers = Array.from(
    { length: options.peers },
    (_, at) => new SimulatedPeer(clock, { id: `p${at}`.padEnd(20, '.'), answers: options.answers ?? true }),
  )
  const anyNode = () => nodes[Math.floor(random() * nodes.length)] as SimulatedNode
  return { random, clock, network, hub, nodes, peers, anyNode }
}

const between = (random: () => number, least: number, most: number) =>
  least + Math.floor(random() * (most - least + 1))

describe(`${SEEDS} swarms over 2 to 16 nodes`, { tags: 'sized' }, () => {
  test('are connected after two intervals, whatever is lost, cut off or killed', async () => {
    const broken: number[] = []
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const shape = randomOf(seed ^ 0x5eed)
      const nodeCount = between(shape, 2, 16)
      const { anyNode, clock, nodes, peers, random } = open(seed, {
        nodes: nodeCount,
        peers: between(shape, 2, 60),
        loss: shape() < 0.5 ? 0 : shape() * 0.1,
      })
      const home = new Map(peers.map(peer => [peer, anyNode()]))
      for (const peer of peers) {
        peer.connect(home.get(peer) as SimulatedNode)
        clock.after(Math.floor(random() * INTERVAL_MS), () => peer.join())
      }
      const trouble = shape()
      const victim = anyNode()
      if (trouble < 0.4) {
        const cutAt = random() * 60_000
        clock.after(cutAt, () => victim.bus.cut())
        clock.after(cutAt + random() * 60_000, () => victim.bus.mend())
      } else if (trouble < 0.7) {
        clock.after(random() * INTERVAL_MS, () => {
          victim.bus.kill()
          nodes.splice(nodes.indexOf(victim), 1)
          for (const peer of peers.filter(one => home.get(one) === victim)) {
            peer.lose()
            clock.after(1_000 + random() * 29_000, () => {
              peer.connect(anyNode())
              peer.join()
            })
          }
        })
      }
      await clock.run(3 * INTERVAL_MS)
      if (!isConnected(peers)) broken.push(seed)
    }
    expect(broken).toEqual([])
  })

  test('deliver every answer, or count it as lost', async () => {
    let lost = 0
    for (let seed = 1; seed <= SEEDS / 4; seed += 1) {
      const { anyNode, clock, network, nodes, peers, random } = open(seed, {
        nodes: between(randomOf(seed), 2, 16),
        peers: 30,
        loss: 0.2,
      })
      for (const peer of peers) {
        peer.connect(anyNode())
        clock.after(Math.floor(random() * INTERVAL_MS), () => peer.join())
        // Some leave with offers that are not answered yet.
        if (random() < 0.2) clock.after(random() * 2 * INTERVAL_MS, () => peer.close())
      }
      await clock.run(2 * INTERVAL_MS)
      network.loss = 0
      // What was lost is noticed with the next heartbeat.
      await clock.run(2 * INTERVAL_MS + 30_000)
      const sum = (what: 'sent' | 'received' | 'lost') =>
        nodes.reduce((total, { relay }) => total + relay.counters.answers[what], 0)
      expect(sum('sent'), `seed ${seed}`).toBeGreaterThan(0)
      expect(sum('received') + sum('lost'), `seed ${seed}`).toBe(sum('sent'))
      lost += sum('lost')
    }
    expect(lost).toBeGreaterThan(0)
  })
})

test('in a swarm of 20, each peer is drawn as often as every other, wherever it is', async () => {
  const { clock, nodes, peers } = open(7, { nodes: 4, peers: 20, loss: 0, answers: false })
  const homes = [0, 1, 1, 1, 2, 2, 2, 2, 2, 2]
  peers.forEach((peer, at) => {
    peer.connect(nodes[homes[at] ?? 3] as SimulatedNode)
  })
  for (const peer of peers) peer.announce()
  await clock.run(10_000)
  for (const asking of [0, 2, 5, 19].map(at => peers[at] as SimulatedPeer)) {
    for (const peer of peers) peer.offersFrom.length = 0
    const announces = 600
    for (let count = 0; count < announces; count += 1) {
      asking.announce()
      await clock.run(clock.now() + 50)
    }
    const others = peers.filter(peer => peer !== asking)
    const expected = (announces * 5) / others.length
    // Each announce draws 5 of 19 without repetition, which varies less than independent draws.
    const spread = (others.length - 1) / (others.length - 5)
    const chiSquare =
      spread * others.reduce((sum, { offersFrom }) => sum + (offersFrom.length - expected) ** 2 / expected, 0)
    expect(others.reduce((sum, { offersFrom }) => sum + offersFrom.length, 0)).toBe(announces * 5)
    // 18 degrees of freedom: one fair draw in a thousand is beyond.
    expect(chiSquare).toBeLessThan(42.3)
  }
})

test('in a large swarm two of five offers leave the node, and three stay', async () => {
  const { clock, nodes, peers } = open(8, { nodes: 3, peers: 60, loss: 0, answers: false })
  peers.forEach((peer, at) => {
    peer.connect(nodes[at % 3] as SimulatedNode)
  })
  for (const peer of peers) peer.announce()
  await clock.run(10_000)
  for (const peer of peers) peer.offersFrom.length = 0
  peers[0]?.announce()
  await clock.run(11_000)
  const drawn = peers.flatMap(({ offersFrom }, at) => offersFrom.map(() => at % 3))
  expect(drawn).toHaveLength(5)
  expect(drawn.filter(node => node === 0)).toHaveLength(3)
})

test('a node that received nothing is gone: its offers are drawn again at once', async () => {
  const { clock, nodes, peers } = open(9, { nodes: 2, peers: 6, loss: 0 })
  peers.forEach((peer, at) => {
    peer.connect(nodes[at < 2 ? 0 : 1] as SimulatedNode)
  })
  for (const peer of peers) peer.announce()
  await clock.run(10_000)
  nodes[1]?.bus.kill()
  const [asking, near] = peers as [SimulatedPeer, SimulatedPeer]
  asking.answeredBy.clear()
  asking.announce()
  await clock.run(10_500)
  expect(nodes[0]?.relay.counters.redrawn).toBeGreaterThan(0)
  expect([...asking.answeredBy]).toEqual([near.id])
  asking.announce()
  await clock.run(11_000)
  expect(asking.counts).toEqual({ complete: 0, incomplete: 2 })
})

test('a client that comes back on another node has its broken connection checked', async () => {
  const { clock, nodes, peers } = open(10, { nodes: 2, peers: 1, loss: 0 })
  const [peer] = peers as [SimulatedPeer]
  peer.connect(nodes[0] as SimulatedNode)
  peer.announce()
  await clock.run(1_000)
  peer.lose()
  peer.connect(nodes[1] as SimulatedNode)
  peer.announce()
  await clock.run(2_000)
  expect(peer.probed).toBe(1)
  expect(nodes[0]?.swarms.find(HASH)?.tabs.size).toBe(1)
})

test('cut off, a node answers at once with its own peers, and is whole again when the bus is back', async () => {
  const { clock, nodes, peers } = open(11, { nodes: 2, peers: 4, loss: 0 })
  peers.forEach((peer, at) => {
    peer.connect(nodes[at % 2] as SimulatedNode)
  })
  nodes[0]?.bus.cut()
  for (const peer of peers) peer.join()
  expect(peers[0]?.counts.incomplete).toBe(1)
  expect(peers[0]?.interval).toBe(75)
  await clock.run(60_000)
  expect([...(peers[2]?.answeredBy ?? [])]).toEqual([peers[0]?.id])
  nodes[0]?.bus.mend()
  await clock.run(160_000)
  expect(isConnected(peers)).toBe(true)
  expect(peers[0]?.counts.incomplete).toBe(4)
})

test('a client that was called by a newcomer on another node counts it with its next announce, however soon', async () => {
  const { clock, nodes, peers } = open(7, { nodes: 2, peers: 2, loss: 0 })
  const [first, second] = peers as [SimulatedPeer, SimulatedPeer]
  first.connect(nodes[0] as SimulatedNode)
  first.join()
  await clock.run(100)
  expect(first.counts.incomplete).toBe(1)
  second.connect(nodes[1] as SimulatedNode)
  second.join()
  await clock.run(400)
  expect(first.offersFrom).toContain(second.id)
  // Its counts were read less than a second ago, before there was anybody: the connection may be lost already.
  first.announce()
  await clock.run(500)
  expect(first.counts.incomplete).toBe(2)
})
