import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Lanes } from '../../../lib/engine/connect/lanes/lanes.ts'
import { DataChannelTransport } from '../../../lib/engine/connect/wire-transport.ts'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { BlobStore } from '../../../lib/storage/blob-store.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { noise } from '../../support/content/fixtures.ts'
import { publishedContent } from '../../support/content/hosted-shares.ts'
import { postTorrent } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

const MB = 1e6
const SIZE = 80 * MB
const LIMIT = { timeout: 50_000, interval: 20 }

const options = nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false })

/** On one machine everything is over before a lane is open: the publisher's disk is slow until then. */
function slowUntil(isOpen: () => boolean): void {
  const { read } = BlobStore.prototype
  const slow = vi.spyOn(BlobStore.prototype, 'read')
  onTestFinished(() => slow.mockRestore())
  slow.mockImplementation(async function (this: BlobStore, ...range) {
    if (!isOpen()) await delay(100)
    return read.apply(this, range)
  })
}

/** Nor does the first connection ever hold anything up here: blocks leave it later than a lane. */
function slowFirstConnection(): void {
  const late = vi.spyOn(DataChannelTransport.prototype, 'delayMs').mockReturnValue(1_000)
  onTestFinished(() => late.mockRestore())
}

/** A publisher and a reader in this process, whose first connection is joined by lanes although it is short. */
async function setUp() {
  const sent = vi.spyOn(Lanes.prototype, 'send')
  onTestFinished(() => sent.mockRestore())
  const onLanes = () => sent.mock.results.filter(({ value }) => value === true).length
  slowFirstConnection()
  slowUntil(() => sent.mock.contexts.some(lanes => (lanes as Lanes).carrying > 0))
  const app = await startApp()
  const content = new Uint8Array(noise(SIZE, 3))
  const { metainfo, torrent } = await publishedContent('content.bin', content, 256 * 1024)
  await postTorrent(app.url, torrent)
  const publisher = new SwarmEngine(options)
  const reader = new SwarmEngine({ ...options, laneRoundTripMs: 0 })
  // Two names, because engines of one process share a socket to one address, and a socket has one peer id.
  const network = (host: string) => ({
    trackers: [app.announceUrl.replace('127.0.0.1', host)],
    iceServers: [],
    webSeeds: [],
  })
  const store = new MemoryStore(metainfo)
  const stateOf = (engine: SwarmEngine) => {
    // Who subscribes gets the numbers of now.
    engine.subscribe(() => undefined)()
    const swarm = engine.getSwarm(metainfo.infoHash)
    if (!swarm) throw new Error('it has left')
    return swarm
  }
  return {
    publisher,
    reader,
    infoHash: metainfo.infoHash,
    start: async () => {
      await publisher.publish(metainfo, [new Blob([content])], network('127.0.0.1'))
      await reader.join(metainfo, [0], network('localhost'), store)
    },
    stateOf,
    onLanes,
    [Symbol.asyncDispose]: async () => {
      await reader.close()
      await publisher.close()
      await app[Symbol.asyncDispose]()
    },
  }
}

test('a download over lanes ends complete, and nothing is sent twice', async () => {
  await using swarm = await setUp()
  await swarm.start()
  await vi.waitFor(() => expect(swarm.stateOf(swarm.reader).state).toBe('done'), LIMIT)
  expect(swarm.onLanes()).toBeGreaterThan(20)
  expect(swarm.stateOf(swarm.publisher).uploaded).toBeLessThan(1.02 * SIZE)
  expect(swarm.stateOf(swarm.publisher).peers).toHaveLength(1)
  expect(swarm.stateOf(swarm.reader).peers).toHaveLength(1)
}, 60_000)

test('a limit holds over all lanes together', async () => {
  await using swarm = await setUp()
  await swarm.start()
  await vi.waitFor(() => expect(swarm.onLanes()).toBeGreaterThan(5), LIMIT)
  swarm.publisher.setLimits(swarm.infoHash, { upload: MB, download: null })
  const start = performance.now()
  const before = swarm.stateOf(swarm.publisher).uploaded
  const uploaded = () => swarm.stateOf(swarm.publisher).uploaded - before
  await vi.waitFor(() => expect(uploaded()).toBeGreaterThan(5 * MB), LIMIT)
  // A second of unused rate, and what was read when the limit was set.
  const seconds = (performance.now() - start) / 1000
  expect(uploaded()).toBeLessThan(MB * (seconds + 1) + 1.5 * MB)
}, 60_000)

test('false pieces over lanes ban the peer', async () => {
  await using swarm = await setUp()
  await swarm.start()
  await vi.waitFor(() => expect(swarm.onLanes()).toBeGreaterThan(5), LIMIT)
  const lie = vi.spyOn(BlobStore.prototype, 'read')
  onTestFinished(() => lie.mockRestore())
  lie.mockImplementation(async (_piece, _offset, length) => new Uint8Array(length))
  await vi.waitFor(() => {
    expect(swarm.stateOf(swarm.reader).peers).toHaveLength(0)
    expect(swarm.stateOf(swarm.publisher).peers).toHaveLength(0)
  }, LIMIT)
  expect(swarm.stateOf(swarm.reader).downloaded).toBeLessThan(SIZE)
}, 60_000)
