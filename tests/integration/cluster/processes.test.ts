import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { noise, tempFolder } from '../../support/content/fixtures.ts'
import { publishedContent } from '../../support/content/hosted-shares.ts'
import { sized } from '../../support/long.ts'
import { startRedis, type TestRedis } from '../../support/relay/redis-server.ts'
import { freePort } from '../../support/server/free-port.ts'

const READERS = sized({ gate: 6, long: 20 })
const SIZE = 3_000_000
/** All readers together take a few seconds. */
const RATE = (READERS * SIZE) / 6

const folder = tempFolder()
let redis: TestRedis
let nodes: { readonly url: string; readonly process: ChildProcess }[]

beforeAll(async () => {
  redis = await startRedis()
  nodes = await Promise.all(['a', 'b', 'c'].map(startNode))
})
afterAll(async () => {
  for (const { process: running } of nodes) running.kill('SIGKILL')
  await redis[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

async function startNode(name: string) {
  const running = fork(join(import.meta.dirname, '../../support/relay/node-script.ts'), {
    env: {
      ...process.env,
      TABSEED_REDIS: redis.url,
      TABSEED_NODE: name,
      TABSEED_TRACKER_ACCESS: 'open',
      TABSEED_PORT: String(await freePort()),
      TABSEED_DATA: join(folder.path, name),
      TABSEED_LOG_LEVEL: 'silent',
      TABSEED_LIMITS: 'off',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [url] = await once(running, 'message')
  return { url: String(url), process: running }
}

/** An engine of its own at the tracker of `url`. Engines of one process share a socket to one address, and a socket has one peer id: each has another address. */
function open(url: string) {
  opened += 1
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const trackers = [`${url.replace(/^http/, 'ws')}/announce?${opened}`]
  const stateOf = ({ infoHash }: Metainfo) => {
    // Who subscribes gets the numbers of now.
    engine.subscribe(() => undefined)()
    return engine.getSwarm(infoHash)
  }
  return { engine, network: { trackers, iceServers: [], webSeeds: [] }, stateOf }
}
let opened = 0

/** Starts a reader at the server of `url`. */
async function read(metainfo: Metainfo, url: string) {
  const { engine, network, stateOf } = open(url)
  await engine.join(metainfo, [0], network, new MemoryStore(metainfo))
  return {
    downloaded: () => stateOf(metainfo)?.downloaded ?? 0,
    done: () => expect.poll(() => stateOf(metainfo)?.state, { timeout: 60_000 }).toBe('done'),
    close: () => engine.close(),
  }
}

test('readers on three servers finish while one of them is killed, then while Redis is, and new ones find the publisher', {
  tags: 'sized',
  timeout: 180_000,
}, async () => {
  const content = new Uint8Array(noise(SIZE, 3))
  const { metainfo } = await publishedContent('content.bin', content, 64 * 1024)
  const urls = nodes.map(({ url }) => url)
  const [a = '', b = ''] = urls
  const { engine: publisher, network, stateOf } = open(a)
  publisher.setLimits(null, { upload: RATE, download: null })
  await publisher.publish(metainfo, [new Blob([content])], network)

  // In the middle of their downloads one server is gone.
  const readers = await Promise.all(
    Array.from({ length: READERS }, (_, at) => read(metainfo, urls[at % 3] ?? '')),
  )
  for (const { downloaded } of readers) await expect.poll(downloaded, { timeout: 30_000 }).toBeGreaterThan(0)
  nodes[2]?.process.kill('SIGKILL')
  for (const { done } of readers) await done()
  for (const { close } of readers) await close()

  // Who comes now finds the publisher, who is on another server.
  publisher.setLimits(null, { upload: null, download: null })
  const began = performance.now()
  const late = await read(metainfo, b)
  await late.done()
  expect(performance.now() - began, 'milliseconds until a new reader has everything').toBeLessThan(25_000)
  await late.close()

  // Without Redis what is connected goes on, and peers of one server meet.
  publisher.setLimits(null, { upload: SIZE / 3, download: null })
  const across = await read(metainfo, b)
  await expect.poll(across.downloaded, { timeout: 30_000 }).toBeGreaterThan(0)
  await redis.kill()
  await expect.poll(() => relayUp(a), { timeout: 10_000 }).toBe('0')
  await across.done()
  const near = await read(metainfo, a)
  await near.done()
  expect(stateOf(metainfo)?.peers.length).toBeGreaterThan(0)
  for (const { close } of [across, near]) await close()

  // And when it is back, empty, the servers are one again: a client that comes to one hears of all.
  await redis.start()
  await expect.poll(() => relayUp(a), { timeout: 10_000 }).toBe('1')
  await expect.poll(() => relayUp(b), { timeout: 10_000 }).toBe('1')
  using stranger = await TrackerClient.open(`${b.replace(/^http/, 'ws')}/announce`)
  const seeds = async () => (await stranger.announce(metainfo.infoHash, peerIdNamed('stranger')))['complete']
  await expect.poll(seeds, { timeout: 20_000, interval: 500 }).toBe(1)
  await publisher.close()
})

async function relayUp(url: string): Promise<string | undefined> {
  return /^tabseed_relay_up (\d)/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1]
}
