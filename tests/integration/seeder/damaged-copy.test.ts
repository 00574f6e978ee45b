import { createHash } from 'node:crypto'
import { closeSync, existsSync, openAsBlob, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const LIMIT = { timeout: 50_000, interval: 100 }
const SEEDER = { TABSEED_SEEDER: 'on', TABSEED_SEEDER_PORT: '0', TABSEED_LISTED: 'always' }

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** Flips one bit of the seeder's copy. */
function flip(server: TestApp, infoHash: string, at: number): void {
  const file = openSync(join(server.dataDirectory, 'seeder', infoHash, '0'), 'r+')
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  byte[0] = (byte[0] ?? 0) ^ 1
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
}

async function keptShare(server: TestApp, folder: string, seed: number) {
  const share = await publishFromNode(server.url, folder, 3_000_000, seed)
  await askToKeep(server.url, share.metainfo, share.ownerKey)
  await isKept(server, share)
  return { ...share, address: `${server.url}/w/${share.metainfo.infoHash}/${share.metainfo.name}` }
}

const isKept = (
  server: TestApp,
  { metainfo }: Pick<Awaited<ReturnType<typeof publishFromNode>>, 'metainfo'>,
) => vi.waitFor(async () => expect((await keptBy(server.url, metainfo)).kept).toBe('yes'), LIMIT)

test('a flipped bit is never served over HTTP, and is fetched again', async () => {
  using folder = tempFolder()
  await using server = await startApp(SEEDER)
  const share = await keptShare(server, folder.path, 51)
  // Once before, so that its pieces have been verified.
  expect(sha256(new Uint8Array(await (await fetch(share.address)).arrayBuffer()))).toBe(share.sha256)
  flip(server, share.metainfo.infoHash, 1_400_000)
  const whole = await fetch(share.address)
    .then(response => response.arrayBuffer())
    .then(
      bytes => bytes.byteLength,
      () => 0,
    )
  expect(whole).not.toBe(share.metainfo.length)
  await vi.waitFor(async () => {
    const bytes = await (await fetch(share.address)).arrayBuffer()
    expect(sha256(new Uint8Array(bytes))).toBe(share.sha256)
  }, LIMIT)
  await isKept(server, share)
  await share.engine.close()
}, 120_000)

test('nor is it to peers: both get the piece when somebody has it', async () => {
  using folder = tempFolder()
  await using server = await startApp(SEEDER)
  const share = await keptShare(server, folder.path, 52)
  await share.engine.close()
  flip(server, share.metainfo.infoHash, 2_000_000)
  const reader = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  reader.subscribe(() => undefined)
  // Two names, because engines of one process share a socket to one address, and a socket has one peer id.
  const network = (host: string) => ({
    trackers: [server.announceUrl.replace('127.0.0.1', host)],
    iceServers: [],
    webSeeds: [],
  })
  await reader.join(share.metainfo, [0], network('127.0.0.1'), new MemoryStore(share.metainfo))
  const { infoHash } = share.metainfo
  await vi.waitFor(async () => expect((await keptBy(server.url, share.metainfo)).kept).toBe('partial'), LIMIT)
  const publisher = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  await publisher.publish(share.metainfo, [await openAsBlob(share.path)], network('localhost'))
  await vi.waitFor(() => expect(reader.getSwarm(infoHash)?.state).toBe('done'), LIMIT)
  await isKept(server, share)
  await reader.close()
  await publisher.close()
  // What is here now is right, without its publisher.
  await vi.waitFor(async () => {
    const response = await fetch(share.address)
    expect(response.status).toBe(200)
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(share.sha256)
  }, LIMIT)
}, 120_000)

test('a copy that nobody asks for is read again, and the date is kept', async () => {
  using folder = tempFolder()
  await using server = await startApp(SEEDER)
  const share = await keptShare(server, folder.path, 53)
  expect(existsSync(join(server.dataDirectory, 'seeder', share.metainfo.infoHash, '0'))).toBe(true)
  await server.stop()
  flip(server, share.metainfo.infoHash, 100)
  await share.engine.close()
  await using again = await startApp({ ...SEEDER, TABSEED_DATA: server.dataDirectory })
  // Nobody has it: the copy is whole no longer, and what is damaged is not served.
  await vi.waitFor(async () => expect((await keptBy(again.url, share.metainfo)).kept).toBe('partial'), LIMIT)
  expect((await fetch(`${again.url}/w/${share.metainfo.infoHash}/${share.metainfo.name}`)).status).not.toBe(
    200,
  )
}, 120_000)

test('the date of the last check is in the API and on the status page', async () => {
  using folder = tempFolder()
  await using server = await startApp({ ...SEEDER, TABSEED_DATA: join(folder.path, 'data') })
  const share = await keptShare(server, folder.path, 54)
  await server.stop()
  await using again = await startApp({ ...SEEDER, TABSEED_DATA: join(folder.path, 'data') })
  const checked = () => keptBy(again.url, share.metainfo)
  await vi.waitFor(async () => expect((await checked()).checkedAt).toMatch(/^20\d\d-/), LIMIT)
  const status = await (await fetch(`${again.url}/status/${share.metainfo.infoHash}.json`)).json()
  expect(status.share.checkedAt).toBe((await checked()).checkedAt)
  await share.engine.close()
}, 120_000)
