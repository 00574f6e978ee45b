import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clusterNodesSchema } from '../../../lib/protocol/admin.ts'
import { statusSchema } from '../../../lib/protocol/status.ts'
import type { InfoHash } from '../../../lib/torrent/ids.ts'
import { binary, peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { startRedis, type TestRedis } from '../../support/relay/redis-server.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { freePort } from '../../support/server/free-port.ts'
import { announceFrom } from '../../support/server/honest.ts'

const KEY = 'operator-of-both-servers'

let redis: TestRedis
let a: TestApp
let b: TestApp
beforeAll(async () => {
  redis = await startRedis()
  ;[a, b] = (await Promise.all(['a', 'b'].map(node => startNode(node)))) as [TestApp, TestApp]
})
afterAll(async () => {
  await Promise.all([a, b].map(node => node[Symbol.asyncDispose]()))
  await redis[Symbol.asyncDispose]()
})

const startNode = (node: string, more: Readonly<Record<string, string>> = {}) =>
  startApp({
    TABSEED_REDIS: redis.url,
    TABSEED_NODE: node,
    TABSEED_TRACKER_ACCESS: 'open',
    TABSEED_TRUSTED_PROXIES: '127.0.0.1',
    TABSEED_METRICS: 'on',
    TABSEED_OPERATOR_KEY: KEY,
    ...more,
  })

let hashes = 0
const newHash = () => (++hashes).toString(16).padStart(40, '0') as InfoHash
const offer = (id: string) => ({ offer_id: id.padEnd(20), offer: { type: 'offer', sdp: `v=0 of ${id}` } })

describe('two servers with one Redis', () => {
  test('a peer of one meets a peer of the other at its first announce', async () => {
    for (let round = 0; round < 20; round += 1) {
      const infoHash = newHash()
      using publisher = await TrackerClient.open(a.announceUrl)
      using reader = await TrackerClient.open(b.announceUrl)
      await publisher.announce(infoHash, peerIdNamed('publisher'), { left: 0 })
      const reply = await reader.announce(infoHash, peerIdNamed('reader'), { offers: [offer('first')] })
      expect(reply).toMatchObject({ complete: 1, incomplete: 1 })
      const offered = await publisher.take('offer')
      expect(offered).toMatchObject({ peer_id: peerIdNamed('reader'), offer: offer('first').offer })
      publisher.send({
        action: 'announce',
        info_hash: binary(infoHash),
        peer_id: peerIdNamed('publisher'),
        to_peer_id: offered['peer_id'],
        offer_id: offered['offer_id'],
        answer: { type: 'answer', sdp: 'v=0 answer' },
      })
      expect(await reader.take('answer')).toMatchObject({
        peer_id: peerIdNamed('publisher'),
        offer_id: 'first'.padEnd(20),
        answer: { sdp: 'v=0 answer' },
      })
    }
  })

  test('an answer to an offer that was never made reaches nobody', async () => {
    const infoHash = newHash()
    using victim = await TrackerClient.open(a.announceUrl)
    using stranger = await TrackerClient.open(b.announceUrl)
    await victim.announce(infoHash, peerIdNamed('victim'))
    await stranger.announce(infoHash, peerIdNamed('stranger'))
    const text = JSON.stringify({
      action: 'announce',
      info_hash: binary(infoHash),
      peer_id: peerIdNamed('stranger'),
      to_peer_id: peerIdNamed('victim'),
      offer_id: 'x'.repeat(20),
      answer: { type: 'answer', sdp: 'v=0' },
    })
    stranger.send(JSON.parse(text))
    expect((await stranger.take('failure reason'))['failure reason']).toBe('no such offer to answer')
    // Nor from somebody who can write to Redis.
    const lost = a.services.tracker.relay?.counters.answers.lost ?? 0
    const invalid = a.services.tracker.relay?.counters.invalid ?? 0
    const to = a.services.tracker.relay?.nodes()[0]?.node ?? ''
    const bytes = [...Buffer.from(text)]
    const from = [...Buffer.from('evil~00000000')]
    const batch = [1, from.length, ...from, 0, 0, 0, 0, 0, bytes.length >> 8, bytes.length & 255, ...bytes]
    const quoted = batch.map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
    expect(await redis.ask(`SPUBLISH ts:m:${to} "${quoted}"`)).toContain(':1')
    expect(await redis.ask(`SPUBLISH ts:m:${to} "\\x02${quoted.slice(4)}"`)).toContain(':1')
    await expect
      .poll(() => a.services.tracker.relay?.counters)
      .toMatchObject({
        answers: { lost: lost + 1 },
        invalid: invalid + 1,
      })
    await expect(Promise.race([victim.take('answer'), delay(100, 'nothing')])).resolves.toBe('nothing')
  })

  test('classic clients of both meet, by their own addresses and never one of loopback', async () => {
    const infoHash = newHash()
    const seed = await announceFrom(a.url, infoHash, '203.0.113.1', { port: 7001, left: 0 })
    expect(seed).toContain('8:completei1e')
    await announceFrom(a.url, infoHash, '127.0.0.1', { port: 7002, left: 0, id: 'local' })
    const reader = await announceFrom(b.url, infoHash, '203.0.113.2', { port: 7003 })
    expect(reader).toContain('5:peers6:\xcb\x00\x71\x01\x1b\x59')
    expect(reader).toContain('8:completei1e')
    // A scrape of the other node has them too.
    const scrape = async () =>
      (await fetch(`${a.url}/scrape?info_hash=${infoHash.replace(/../g, '%$&')}`)).text()
    await expect.poll(scrape, { timeout: 5_000 }).toContain('10:incompletei1e')
  })

  test('a connection id over UDP that one gave is valid at the other', async () => {
    const [one, two] = [await freePort(), await freePort()]
    await using c = await startNode('c', { TABSEED_UDP_PORT: String(one) })
    await using d = await startNode('d', { TABSEED_UDP_PORT: String(two) })
    const infoHash = newHash()
    await announceFrom(c.url, infoHash, '203.0.113.9', { port: 7009, left: 0 })
    const socket = createSocket('udp4')
    const ask = async (port: number, packet: Buffer): Promise<Buffer> => {
      socket.send(packet, port, '127.0.0.1')
      return (await once(socket, 'message', { signal: AbortSignal.timeout(5_000) }))[0]
    }
    try {
      const connect = Buffer.from('000004172710198000000000000000aa', 'hex')
      const id = (await ask(one, connect)).subarray(8, 16)
      const announce = Buffer.alloc(98)
      id.copy(announce)
      announce.writeUInt32BE(1, 8)
      announce.write(infoHash, 16, 'hex')
      announce.write('-TS0001-overUDP.....', 36)
      announce.writeUInt32BE(1, 68)
      announce.writeInt32BE(-1, 92)
      announce.writeUInt16BE(7010, 96)
      const answer = await ask(two, announce)
      expect(answer.readUInt32BE(0)).toBe(1)
      expect(answer.subarray(20).toString('hex')).toBe('cb0071091b61')
    } finally {
      socket.close()
    }
    expect(d.log()).not.toContain('failed')
  })

  test('status and metrics of each show both, and the sums of both', async () => {
    const infoHash = newHash()
    using one = await TrackerClient.open(a.announceUrl)
    using two = await TrackerClient.open(b.announceUrl)
    await one.announce(infoHash, peerIdNamed('one'), { left: 0 })
    await two.announce(infoHash, peerIdNamed('two'))
    await expect
      .poll(
        async () => {
          const status = statusSchema.parse(await (await fetch(`${b.url}/status.json`)).json())
          return { names: status.nodes?.map(({ name }) => name), tabs: status.totals.tabs }
        },
        // Each node writes its totals every 5 s; the tabs of earlier tests leave them then.
        { timeout: 25_000 },
      )
      .toEqual({ names: ['b', 'a'], tabs: 2 })
    expect((await b.services.tracker.presence(infoHash)).isOnline).toBe(true)
    const metrics = await (await fetch(`${b.url}/metrics`)).text()
    expect(metrics).toContain('tabseed_relay_up 1')
    expect(metrics).toContain('tabseed_cluster_nodes 2')
    expect(metrics).toContain('tabseed_cluster_peers{kind="tab"} 2')
    expect(metrics).toContain('tabseed_cluster_node_connections{node="a"} 1')
    const headers = { authorization: `Bearer ${KEY}` }
    const listed = await (await fetch(`${b.url}/api/admin/nodes`, { headers })).json()
    const { nodes } = clusterNodesSchema.parse(listed)
    // Those of earlier tests may still be leaving.
    expect(nodes.map(({ clients, isThis, name }) => [name, isThis, (clients ?? 0) > 0])).toEqual([
      ['b', true, true],
      ['a', false, true],
    ])
    const docs = readFileSync(join(import.meta.dirname, '../../../docs/monitoring.md'), 'utf8')
    const documented = docs.match(/\btabseed_(?:relay|cluster)_\w+(?=`)/g) ?? []
    expect(documented.length).toBeGreaterThan(5)
    expect(documented.filter(name => !metrics.includes(`\n${name}`))).toEqual([])
  })
})

test('a server whose Redis is away starts, serves its own peers, and joins the others when it is there', async () => {
  await using away = await startRedis()
  await away.kill()
  await using node = await startApp({ TABSEED_REDIS: away.url, TABSEED_TRACKER_ACCESS: 'open' })
  expect(node.log()).toContain('Redis is not reached')
  const infoHash = newHash()
  using one = await TrackerClient.open(node.announceUrl)
  using two = await TrackerClient.open(node.announceUrl)
  const { interval } = await one.announce(infoHash, peerIdNamed('one'))
  expect(interval).toBeLessThanOrEqual(90)
  expect(await two.announce(infoHash, peerIdNamed('two'), { offers: [offer('o')] })).toMatchObject({
    incomplete: 2,
  })
  await one.take('offer')
  expect(await (await fetch(`${node.url}/metrics`)).text()).toContain('tabseed_relay_up 0')
  expect((await fetch(`${node.url}/readyz`)).status).toBe(200)
  await away.start()
  await expect.poll(() => node.services.tracker.relay?.isUp, { timeout: 10_000 }).toBe(true)
  const counts = `ts:t:{${infoHash}}`
  await expect.poll(() => away.ask(`HLEN ${counts}`), { timeout: 15_000 }).toContain(':1')
})

test('TABSEED_REDIS that is no Redis URL is named, without the password in it', async () => {
  await expect(startApp({ TABSEED_REDIS: 'http://user:geheim@host' })).rejects.toThrow(
    /^(?!.*geheim).*TABSEED_REDIS/,
  )
})
