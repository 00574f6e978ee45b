import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { shareSchema } from '../../../lib/protocol/share.ts'
import { parseMagnet } from '../../../lib/torrent/magnet.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { aria2Download } from '../../support/clients/classic.ts'
import { LAUNCHER, startCommand } from '../../support/clients/cli.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { rawAnswer } from '../../support/clients/raw-http.ts'
import { noise, sha256File } from '../../support/content/fixtures.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { eventually, OPERATOR_KEY } from '../../support/server/cluster.ts'
import { freePort } from '../../support/server/free-port.ts'
import { startPostgres, type TestPostgres } from '../../support/server/postgres.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT_MS = 60_000
const TOKEN = 'a-secret-of-all-machines'
const SIZE = 3_000_000
/** Seconds instead of minutes and a day. */
const QUICK = { lookMs: 200, seenMs: 200, lostMs: 60_000, surplusMs: 60_000 }

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres[Symbol.asyncDispose]())

const { ends, inFolder } = endAfterEach()

/** Nodes of one database, each with settings of its own. */
async function startNodes<const All extends readonly Readonly<Record<string, string>>[]>(...all: All) {
  const database = await postgres.create()
  const nodes: TestApp[] = []
  for (const [index, settings] of all.entries()) {
    const common = { TABSEED_DATABASE: database, TABSEED_NODE: `node${index}`, TABSEED_LIMITS: 'off' }
    const node = await startApp(
      { ...common, TABSEED_OPERATOR_KEY: OPERATOR_KEY, ...settings },
      { placementTimes: QUICK },
    )
    ends.push(() => node[Symbol.asyncDispose]())
    nodes.push(node)
  }
  return nodes as unknown as { readonly [Index in keyof All]: TestApp }
}

/** A seeder of `server` in processes of its own, with these addresses. */
function seedFor(server: TestApp, folder: string, options: readonly string[], limit = '1GB') {
  const seeder = startCommand(
    folder,
    [
      process.execPath,
      ...[LAUNCHER, 'seed', '--server', server.url, '--seeder-port', '0'],
      ...['--seeder-dir', join(folder, 'seeder'), '--seeder-name', 'elsewhere'],
      ...['--webseed-limit', limit, ...options],
    ],
    { TABSEED_SEEDER_TOKEN: TOKEN },
  )
  ends.push(async () => {
    seeder.kill('SIGTERM')
    await seeder.ended
  })
  return seeder
}

/** Publishes at `server`, and has it kept, as is asked for at `asked`; nobody else has it then. */
async function keptShare(server: TestApp, folder: string, seed: number, asked = server) {
  const { engine, metainfo, ownerKey, sha256 } = await publishFromNode(server.url, folder, SIZE, seed)
  await eventually(
    async () => expect((await askToKeep(asked.url, metainfo, ownerKey)).status).toBe(202),
    LIMIT_MS,
  )
  await untilKept(server, metainfo, 'yes')
  await engine.close()
  return { metainfo, ownerKey, sha256, bytes: noise(SIZE, seed) }
}

const untilKept = (server: TestApp, metainfo: Metainfo, kept: 'yes' | 'no') =>
  eventually(async () => expect(await keptBy(server.url, metainfo)).toMatchObject({ kept }), LIMIT_MS, 50)

const fileAt = (origin: string, { infoHash, name }: Metainfo) => `${origin}/w/${infoHash}/${name}`
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const ask = (url: string, init: RequestInit = {}) => fetch(url, { redirect: 'manual', ...init })

/** What is not below a share is nobody's file. */
const OUTSIDE = ['../../healthz', '%2e%2e/%2E%2E/healthz', '..\\\\..\\\\healthz', 'x/../../../healthz', 'x#y']
/** Of a request whose target `fetch` would tidy. */
const statusOf = async (node: TestApp, target: string) =>
  Number((await rawAnswer(node.url, target, new URL(node.url).host)).split(' ')[1])

const block = (node: TestApp, { infoHash }: Metainfo) =>
  fetch(`${node.url}/api/shares/${infoHash}/blocked`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${OPERATOR_KEY}` },
  })

/** Reads an answer that is blocked at `node` while it comes: how many bytes came before it was cut off. */
async function readUntilBlocked(url: string, node: TestApp, metainfo: Metainfo): Promise<number> {
  const reader = (await fetch(url)).body?.getReader()
  let count = (await reader?.read())?.value?.length ?? 0
  expect((await block(node, metainfo)).status).toBe(200)
  await expect(async () => {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true }
      if (done) return
      count += value?.length ?? 0
    }
  }).rejects.toThrow()
  return count
}

test('every node sends readers to a seeder that everybody reaches, names it, and forgets it when it is gone', async () => {
  const folder = inFolder()
  const [first, second, third] = await startNodes(
    { TABSEED_SEEDER_TOKEN: TOKEN },
    { TABSEED_SEEDER_TOKEN: TOKEN },
    {},
  )
  const files = `http://127.0.0.1:${await freePort()}`
  const at = new URL(files).host
  const seeder = seedFor(first, folder, ['--seeder-http', at, '--seeder-url', files], '500kB')
  const { metainfo, bytes, sha256: right } = await keptShare(first, folder, 71, third)
  const { infoHash } = metainfo

  for (const node of [first, second, third]) {
    await untilKept(node, metainfo, 'yes')
    for (const method of ['GET', 'HEAD']) {
      const sent = await ask(fileAt(node.url, metainfo), { method })
      expect([sent.status, sent.headers.get('location')]).toEqual([307, `${fileAt(files, metainfo)}?here=1`])
      expect(sent.headers.get('access-control-allow-origin')).toBe('*')
      expect(sent.headers.get('cache-control')).toBe('no-store')
    }
    const range = await fetch(fileAt(node.url, metainfo), { headers: { range: 'bytes=1000000-1999999' } })
    expect([range.status, range.headers.get('content-range')]).toEqual([206, `bytes 1000000-1999999/${SIZE}`])
    expect(range.headers.get('access-control-allow-origin')).toBe('*')
    expect(sha256(new Uint8Array(await range.arrayBuffer()))).toBe(sha256(bytes.subarray(1e6, 2e6)))
    // Another server, or a reader that it sent, gets what is here.
    expect((await ask(`${fileAt(node.url, metainfo)}?here=1`)).status).toBe(404)
    for (const path of OUTSIDE) expect(await statusOf(node, `/w/${infoHash}/${path}`), path).toBe(404)

    const share = shareSchema.parse(await (await fetch(`${node.url}/api/shares/${infoHash}`)).json())
    const named = [`${node.url}/w/${infoHash}/`, `${files}/w/${infoHash}/`]
    expect(share.webSeeds).toEqual(named)
    expect(new URL(share.links.magnet).searchParams.getAll('ws')).toEqual(named)
    expect(parseMagnet(share.links.magnet)?.infoHash).toBe(infoHash)
    const torrent = Buffer.from(await (await fetch(share.links.torrent)).arrayBuffer()).toString('latin1')
    for (const url of named) expect(torrent).toContain(`${url.length}:${url}`)
  }
  // With all that it names, a client finds everything.
  await aria2Download(`${third.url}/t/${infoHash}.torrent`, join(folder, 'reader'))
  expect(sha256File(join(folder, 'reader', metainfo.name))).toBe(right)

  // Gone without a word.
  seeder.kill('SIGKILL')
  for (const node of [first, second, third]) {
    await eventually(
      async () => expect((await ask(fileAt(node.url, metainfo))).status).toBe(404),
      LIMIT_MS,
      50,
    )
    await untilKept(node, metainfo, 'no')
    const share = shareSchema.parse(await (await fetch(`${node.url}/api/shares/${infoHash}`)).json())
    expect(share.webSeeds).toEqual([])
  }

  // Back, through another node.
  seedFor(second, folder, ['--seeder-http', at, '--seeder-url', files], '500kB')
  for (const node of [second, first, third])
    await eventually(
      async () => expect((await fetch(fileAt(node.url, metainfo), { method: 'HEAD' })).status).toBe(200),
      LIMIT_MS,
      50,
    )
  const count = await readUntilBlocked(fileAt(third.url, metainfo), first, metainfo)
  expect(count).toBeLessThan(SIZE)
  // The seeder may hear of it before the other nodes do.
  await eventually(
    async () => expect((await ask(fileAt(third.url, metainfo))).status).toBe(451),
    LIMIT_MS,
    50,
  )
  expect((await ask(fileAt(files, metainfo))).status).toBe(404)
}, 240_000)

test('a node passes on what the seeder of another one has, which it reaches inside', async () => {
  const folder = inFolder()
  const port = await freePort()
  const [holder, node] = await startNodes(
    {
      TABSEED_PORT: String(port),
      TABSEED_SEEDER: 'on',
      TABSEED_SEEDER_PORT: '0',
      TABSEED_SEEDER_INSIDE_URL: `http://127.0.0.1:${port}`,
    },
    { TABSEED_WEBSEED_LIMIT: '500kB' },
  )
  const { metainfo, bytes } = await keptShare(holder, folder, 72)
  const url = fileAt(node.url, metainfo)
  await untilKept(node, metainfo, 'yes')

  const own = await ask(fileAt(holder.url, metainfo), { method: 'HEAD' })
  const head = await ask(url, { method: 'HEAD' })
  expect(head.status).toBe(200)
  const names = ['accept-ranges', 'cache-control', 'content-disposition', 'content-length', 'content-type']
  const validators = ['etag', 'last-modified', 'access-control-allow-origin', 'content-security-policy']
  for (const name of [...names, ...validators])
    expect(head.headers.get(name), name).toBe(own.headers.get(name))
  const whole = new Uint8Array(await (await ask(url)).arrayBuffer())
  expect(sha256(whole)).toBe(sha256(bytes))
  const range = await ask(url, { headers: { range: 'bytes=5-9' } })
  expect([range.status, range.headers.get('content-range')]).toEqual([206, `bytes 5-9/${SIZE}`])
  expect(new Uint8Array(await range.arrayBuffer())).toEqual(new Uint8Array(bytes.subarray(5, 10)))
  const beyond = await ask(url, { headers: { range: `bytes=${SIZE}-` } })
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${SIZE}`])
  const known = await ask(url, { headers: { 'if-none-match': head.headers.get('etag') ?? '' } })
  expect(known.status).toBe(304)
  expect((await ask(`${url}?here=1`)).status).toBe(404)
  for (const path of OUTSIDE) expect(await statusOf(node, `/w/${metainfo.infoHash}/${path}`), path).toBe(404)
  expect((await ask(`${node.url}/w/${metainfo.infoHash}/other`)).status).toBe(404)
  expect(node.services.webSeed.sent).toBe(SIZE + 5)

  // Inside addresses are for servers alone.
  const share = shareSchema.parse(await (await fetch(`${node.url}/api/shares/${metainfo.infoHash}`)).json())
  expect(share.webSeeds).toEqual([`${node.url}/w/${metainfo.infoHash}/`])

  expect(await readUntilBlocked(url, node, metainfo)).toBeLessThan(SIZE)
  expect((await ask(url)).status).toBe(451)
}, 240_000)

test('a holder whose address leads back to a node, or nowhere, is not asked, and it is said why', {
  tags: 'long',
  timeout: 240_000,
}, async () => {
  const folder = inFolder()
  const ports = [await freePort(), await freePort()]
  const [holder, node] = await startNodes(
    { TABSEED_SEEDER_TOKEN: TOKEN, TABSEED_PORT: String(ports[0]) },
    { TABSEED_PORT: String(ports[1]) },
  )
  const at = `127.0.0.1:${await freePort()}`
  // By mistake.
  const options = ['--seeder-http', at, '--seeder-inside-url', node.url]
  const seeder = seedFor(holder, folder, options)
  const { metainfo } = await keptShare(holder, folder, 73)
  await untilKept(node, metainfo, 'yes')
  const asked = vi.spyOn(node.services.webSeed, 'answer')
  for (const { url } of [node, holder]) {
    expect((await ask(fileAt(url, metainfo))).status).toBe(404)
    // By the reader, and by the node that looked for a holder.
    expect(asked.mock.calls.length).toBeLessThanOrEqual(2)
    asked.mockClear()
  }
  await eventually(async () => expect(holder.log()).toContain('HTTP 404'), LIMIT_MS)
  seeder.kill('SIGTERM')
  await seeder.ended

  // Nobody answers there, and it is said so at once.
  seedFor(holder, folder, [
    '--seeder-http',
    at,
    '--seeder-inside-url',
    `http://127.0.0.1:${await freePort()}`,
  ])
  await untilKept(node, metainfo, 'yes')
  await eventually(async () => {
    expect((await ask(fileAt(node.url, metainfo))).status).toBe(404)
    expect(holder.log()).toContain('ECONNREFUSED')
  }, LIMIT_MS)
})

test('a seeder that cannot answer over HTTP as it is told says why', async () => {
  const folder = inFolder()
  const [server] = await startNodes({ TABSEED_SEEDER_TOKEN: TOKEN })
  const taken = new URL(server.url).host
  for (const options of [
    ['--seeder-http', taken],
    ['--seeder-url', 'http://files.test'],
  ]) {
    const { code, stderr } = await seedFor(server, folder, options).ended
    expect([code, stderr]).toEqual([2, expect.stringContaining('--seeder-http needs --seeder-url')])
  }
  const { code, stderr } = await seedFor(server, folder, ['--seeder-http', taken, '--seeder-url', 'http://x'])
    .ended
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('is taken: choose another with TABSEED_SEEDER_HTTP'),
  ])
})
