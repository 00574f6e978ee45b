import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLog } from '../../server/base/log.ts'
import type { Bus, NodeSummary } from '../../server/tracker/relay/bus.ts'
import { openRedis } from '../../server/tracker/relay/redis/open.ts'
import { MemoryHub } from '../support/relay/memory-bus.ts'
import { startRedis, type TestRedis } from '../support/relay/redis-server.ts'

const log = createLog('silent')
const clusterId = undefined

async function openCluster(options: Parameters<typeof openRedis>[0]) {
  const cluster = await openRedis(options)
  if (cluster === null) throw new TypeError('a Redis was named')
  return cluster
}
const newHash = () => randomBytes(20).toString('latin1')
const COUNTS = { seeds: 1, leechers: 2, complete: 1, incomplete: 2, hasSeed: true }

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis[Symbol.asyncDispose]())

const hub = new MemoryHub({
  timing: { now: () => performance.now(), clock: Date.now, after: (ms, step) => void setTimeout(step, ms) },
})
const KINDS: Readonly<Record<string, (name: string) => Promise<Bus>>> = {
  'within a process': async name => hub.open(`${name}~${randomBytes(4).toString('hex')}`),
  'over Redis': async name => (await openCluster({ redis: redis.url, node: name, clusterId, log })).bus,
}

const summaryOf = ({ node }: Bus, more: Partial<NodeSummary> = {}): NodeSummary => ({
  node,
  since: 1,
  complete: 1,
  incomplete: 2,
  tabs: 3,
  classic: 0,
  swarms: 1,
  connections: 3,
  downloaded: 4,
  bytes: 5,
  busiest: [['ab'.repeat(20), 1, 2]],
  ...more,
})

describe.each(Object.entries(KINDS))('a bus %s', (_, open) => {
  /** Two nodes that are up, and what came to each. */
  async function pair() {
    const buses = await Promise.all([open('a'), open('b')])
    const received = buses.map(() => [] as Buffer[])
    await Promise.all(
      buses.map(
        (bus, at) =>
          new Promise<void>(resolve => {
            bus.listen({
              onMessage: batch => void received[at]?.push(batch),
              onUp: resolve,
              onDown: () => undefined,
            })
            if (bus.isUp) resolve()
          }),
      ),
    )
    const [a, b] = buses as [Bus, Bus]
    return { a, b, received, [Symbol.asyncDispose]: () => Promise.all([a.close(), b.close()]).then(() => {}) }
  }

  test('brings every byte to the node that is named, in order', async () => {
    await using nodes = await pair()
    const batches = [
      Buffer.from(Uint8Array.from({ length: 256 }, (_, at) => at)),
      Buffer.alloc(256 * 1024, 7),
    ]
    for (const batch of batches) expect(await nodes.a.send(nodes.b.node, batch)).toBe(true)
    await expect.poll(() => nodes.received[1]?.length).toBe(2)
    expect(nodes.received[1]?.map(one => one.equals(batches.shift() ?? Buffer.alloc(0)))).toEqual([
      true,
      true,
    ])
    expect(nodes.received[0]).toEqual([])
  })

  test('says when nobody received a message', async () => {
    await using nodes = await pair()
    expect(await nodes.a.send('nobody~00000000', Buffer.from('x'))).toBe(false)
    await nodes.b.close()
    expect(await nodes.a.send(nodes.b.node, Buffer.from('x'))).toBe(false)
  })

  test('has the counts of other nodes until they are removed', async () => {
    await using nodes = await pair()
    const [infoHash, other] = [newHash(), newHash()]
    expect((await nodes.a.read(infoHash)).size).toBe(0)
    await nodes.b.write(new Map([[infoHash, COUNTS]]))
    const found = await nodes.a.read(infoHash)
    expect([...found.keys()]).toEqual([nodes.b.node])
    expect(found.get(nodes.b.node)).toMatchObject(COUNTS)
    expect(found.get(nodes.b.node)?.age).toBeLessThan(5_000)
    // Nobody counts itself twice.
    expect((await nodes.b.read(infoHash)).size).toBe(0)
    expect((await nodes.a.read(other)).size).toBe(0)
    await nodes.b.write(new Map([[infoHash, null]]))
    expect((await nodes.a.read(infoHash)).size).toBe(0)
  })

  test('tells the nodes that are alive what the others say of themselves', async () => {
    await using nodes = await pair()
    await nodes.a.beat(summaryOf(nodes.a))
    const others = await nodes.b.beat(summaryOf(nodes.b, { complete: 7 }))
    expect(others.find(({ node }) => node === nodes.a.node)).toEqual(summaryOf(nodes.a))
    expect((await nodes.a.beat(summaryOf(nodes.a))).find(({ node }) => node === nodes.b.node)?.complete).toBe(
      7,
    )
    await nodes.a.close()
    expect((await nodes.b.beat(summaryOf(nodes.b))).map(({ node }) => node)).not.toContain(nodes.a.node)
  })

  test('shares classic peers, by whether they are seeds', async () => {
    await using nodes = await pair()
    const infoHash = newHash()
    const [v4, v6] = ['\xc0\x00\x02\x01\x1a\xe1', `${'\x20\x01\x0d\xb8'.padEnd(16, '\0')}\x1a\xe1`] as const
    await nodes.a.enterClassic({ infoHash, compact: v4, seed: false })
    await nodes.b.enterClassic({ infoHash, compact: v6, seed: true })
    expect(await nodes.b.drawClassic(infoHash, 5)).toEqual({
      complete: 1,
      incomplete: 1,
      seeds: [v6],
      others: [v4],
    })
    await nodes.b.enterClassic({ infoHash, compact: v4, seed: true })
    expect(await nodes.a.drawClassic(infoHash, 0)).toEqual({
      complete: 2,
      incomplete: 0,
      seeds: [],
      others: [],
    })
    expect((await nodes.a.drawClassic(infoHash, 1)).seeds).toHaveLength(1)
    await nodes.a.leaveClassic({ infoHash, compact: v4 })
    expect((await nodes.b.drawClassic(infoHash, 5)).seeds).toEqual([v6])
  })
})

describe('what somebody else wrote into Redis', () => {
  const HASH = 'cd'.repeat(20)

  test('is ignored unless it has our form', async () => {
    await using cluster = await opened('a')
    const { bus } = cluster
    const key = `ts:t:{${HASH}}`
    const now = Math.floor(Date.now() / 1000)
    const fields = {
      'good~00000000': `1 1 2 1 2 1 ${now}`,
      'old~00000000': `1 1 2 1 2 1 ${now - 200}`,
      'v2~00000000': `2 1 2 1 2 1 ${now}`,
      'huge~00000000': `1 1 99999999 1 2 1 ${now}`,
      'words~00000000': '1 a b c d e f',
      'not a node': `1 1 2 1 2 1 ${now}`,
    }
    for (const [node, text] of Object.entries(fields)) await redis.ask(`HSET ${key} "${node}" "${text}"`)
    const infoHash = Buffer.from(HASH, 'hex').toString('latin1')
    expect([...(await bus.read(infoHash)).keys()]).toEqual(['good~00000000'])
    // The rest is cleared away.
    expect(await redis.ask(`HLEN ${key}`)).toContain(':1')

    await redis.ask(`SADD ts:nodes bad~00000000 worse~00000000`)
    await redis.ask(`SET ts:o:bad~00000000 "{}"`)
    await redis.ask(`SET ts:o:worse~00000000 "{"`)
    expect(await bus.beat(summaryOf(bus))).toEqual([])

    await redis.ask(`ZADD ts:c:{${HASH}}:s 99999999999 zz`)
    expect((await bus.drawClassic(infoHash, 5)).seeds).toEqual([])
  })
})

describe('the cluster that a Redis belongs to', () => {
  test('gives all nodes one secret, and refuses a node whose database belongs to another', async () => {
    const one = await openCluster({ redis: redis.url, node: 'one', clusterId, log })
    const two = await openCluster({ redis: redis.url, node: 'two', clusterId, log })
    expect(one.secretFor('udp')).toEqual(two.secretFor('udp'))
    expect(one.secretFor('udp')).not.toEqual(one.secretFor('other'))
    await expect(openCluster({ redis: redis.url, node: 'three', clusterId: 'another', log })).rejects.toThrow(
      'the database and TABSEED_REDIS belong to different clusters',
    )
    await Promise.all([one.bus.close(), two.bus.close()])
  })

  test('is the same after Redis lost everything', async () => {
    await using lost = await startRedis()
    const { bus, secretFor } = await openCluster({ redis: lost.url, node: 'one', clusterId, log })
    const changes: string[] = []
    bus.listen({
      onMessage: () => undefined,
      onUp: () => void changes.push('up'),
      onDown: () => void changes.push('down'),
    })
    await expect.poll(() => changes).toEqual(['up'])
    const before = secretFor('udp')
    await lost.kill()
    await expect.poll(() => changes).toEqual(['up', 'down'])
    // Nothing waits for Redis to come back.
    await expect(bus.read(newHash())).rejects.toThrow()
    await expect(bus.send(bus.node, Buffer.from('x'))).rejects.toThrow()
    await lost.start()
    await expect.poll(() => changes, { timeout: 10_000 }).toEqual(['up', 'down', 'up'])
    expect(secretFor('udp')).toEqual(before)
    expect(await lost.ask('GET ts:secret')).toMatch(/[0-9a-f]{64}/)
    await bus.close()
  })
})

async function opened(name: string) {
  const { bus } = await openCluster({ redis: redis.url, node: name, clusterId, log })
  return { bus, [Symbol.asyncDispose]: () => bus.close() }
}
