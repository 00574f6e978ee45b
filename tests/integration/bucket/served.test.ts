import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { contentSecurityPolicy } from '../../../server/pages/content-security-policy.ts'
import { launchChromium } from '../../support/browser/chromium.ts'
import { launchFirefox } from '../../support/browser/firefox.ts'
import { bundleOurs } from '../../support/browser/store-page/store-page.ts'
import { aria2Download, transmissionDownload } from '../../support/clients/classic.ts'
import { askToKeep, keptBy, publishFromNode } from '../../support/clients/node-publisher.ts'
import { noise, sha256File, tempFolder } from '../../support/content/fixtures.ts'
import { startS3, type TestS3 } from '../../support/s3/s3-server.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 60_000, interval: 50 }
const OPERATOR_KEY = 'operator-key-of-the-tests'

const { ends } = endAfterEach()

async function setUp(env: Readonly<Record<string, string>> = {}) {
  const folder = tempFolder()
  ends.push(() => folder[Symbol.dispose]())
  const s3 = await startS3()
  ends.push(() => s3.close())
  const settings = {
    ...s3.env,
    TABSEED_DATA: join(folder.path, 'data'),
    TABSEED_SEEDER: 'on',
    TABSEED_SEEDER_PORT: '0',
    TABSEED_OPERATOR_KEY: OPERATOR_KEY,
    ...env,
  }
  const start = async () => {
    const server = await startApp(settings)
    ends.push(() => server[Symbol.asyncDispose]())
    return server
  }
  return { folder: folder.path, s3, settings, start }
}

/** A share that the server keeps, and whose publisher has left. */
async function keep(server: TestApp, folder: string, length: number, seed: number) {
  const published = await publishFromNode(server.url, folder, length, seed)
  ends.push(() => published.engine.close())
  const { metainfo, ownerKey } = published
  await vi.waitFor(
    async () => expect(await keptBy(server.url, metainfo)).toMatchObject({ problem: null }),
    LIMIT,
  )
  expect((await askToKeep(server.url, metainfo, ownerKey)).status).toBe(202)
  await vi.waitFor(
    async () => expect(await keptBy(server.url, metainfo)).toMatchObject({ kept: 'yes' }),
    LIMIT,
  )
  await published.engine.close()
  return { ...published, file: `${server.url}/w/${metainfo.infoHash}/${metainfo.name}` }
}

const untilIn = (server: TestApp, infoHash: string) =>
  vi.waitFor(() => expect(server.services.bucket?.has(infoHash as never)).toBe(true), LIMIT)
const untilEmpty = (s3: TestS3) => vi.waitFor(() => expect(s3.content.objects.size).toBe(0), LIMIT)
const ask = (server: TestApp, path: string, method = 'GET', key = OPERATOR_KEY) =>
  fetch(`${server.url}${path}`, { method, headers: { authorization: `Bearer ${key}` } })

describe('a server with a bucket', () => {
  test('uploads what it keeps, sends readers there, and takes it down', async () => {
    const { folder, s3, start } = await setUp()
    const server = await start()
    const { file, metainfo, ownerKey, sha256 } = await keep(server, folder, 12_345_678, 81)
    await untilIn(server, metainfo.infoHash)

    for (const method of ['GET', 'HEAD']) {
      const answer = await fetch(file, { method, redirect: 'manual' })
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([307, '*'])
      expect(answer.headers.get('cache-control')).toBe('no-store')
      const location = new URL(answer.headers.get('location') ?? '')
      expect(location.href).toContain(`${s3.url}/${metainfo.infoHash}/0?`)
      expect(location.searchParams.get('X-Amz-Expires')).toBe('600')
      expect((await fetch(location, { method })).status).toBe(200)
    }
    const part = await fetch(file, { headers: { range: 'bytes=5-8' } })
    expect([part.status, new Uint8Array(await part.arrayBuffer())]).toEqual([
      206,
      noise(12_345_678, 81).slice(5, 9),
    ])
    expect((await fetch(`${file}x`, { redirect: 'manual' })).status).toBe(404)
    // Clients that know nothing of it follow.
    const torrent = `${server.url}/t/${metainfo.infoHash}.torrent`
    const before = s3.requests.length
    await aria2Download(torrent, join(folder, 'aria2'))
    await transmissionDownload(torrent, join(folder, 'transmission'))
    for (const client of ['aria2', 'transmission'])
      expect(sha256File(join(folder, client, metainfo.name))).toBe(sha256)
    expect(s3.requests.slice(before).some(line => line.startsWith('GET'))).toBe(true)

    const overview = await (await ask(server, '/api/admin/overview')).json()
    expect(overview).toMatchObject({
      bucket: { away: false, complete: 1, uploading: 0, removing: 0, bytes: 12_345_678 },
    })
    const metrics = await (await fetch(`${server.url}/metrics`)).text()
    expect(metrics).toContain('tabseed_bucket_up 1')
    expect(metrics).toContain('tabseed_bucket_sent_bytes_total 12345678')

    // Away: this server's own file is the answer.
    await s3.close()
    await vi.waitFor(() => expect(server.services.bucket?.isAway).toBe(true), LIMIT)
    const own = await fetch(file, { redirect: 'manual' })
    expect([own.status, (await own.arrayBuffer()).byteLength]).toEqual([200, 12_345_678])
    // Until that is gone: it may answer readers all the same.
    rmSync(join(server.dataDirectory, 'seeder', metainfo.infoHash, '0'))
    for (const query of ['', '?here=1']) {
      const gone = await fetch(`${file}${query}`, { redirect: 'manual' })
      expect([gone.status, gone.headers.get('location')]).toEqual([307, expect.stringContaining(s3.url)])
    }
    await s3.open()
    await vi.waitFor(async () => expect((await fetch(file, { redirect: 'manual' })).status).toBe(307), LIMIT)

    // Away at the moment of the takedown.
    await s3.close()
    expect((await ask(server, `/api/shares/${metainfo.infoHash}/blocked`, 'PUT')).status).toBe(200)
    expect((await fetch(file, { redirect: 'manual' })).status).toBe(451)
    expect(s3.content.objects.size).toBe(1)
    await s3.open()
    await untilEmpty(s3)
    expect(ownerKey).not.toBe('')
    expect(server.log()).not.toContain(s3.env['TABSEED_BUCKET_SECRET'])
    expect(server.log()).not.toContain('X-Amz-Signature')
  }, 180_000)

  test('serves from the bucket what the seeder does not have any more, until its owner takes it back', {
    tags: 'long',
    timeout: 120_000,
  }, async () => {
    const { folder, s3, settings, start } = await setUp()
    const server = await start()
    const { file, metainfo, ownerKey, sha256 } = await keep(server, folder, 3_000_000, 82)
    await untilIn(server, metainfo.infoHash)
    await server.stop()

    // Another server of the same database, that has no files.
    const bare = await startApp({ ...settings, TABSEED_SEEDER: 'off' })
    ends.push(() => bare[Symbol.asyncDispose]())
    const url = file.replace(server.url, bare.url)
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
    expect([bytes.length, sha256Of(bytes)]).toEqual([3_000_000, sha256])
    const share = (await (await fetch(`${bare.url}/api/shares/${metainfo.infoHash}`)).json()) as object
    expect(share).toMatchObject({ webSeeds: [`${bare.url}/w/${metainfo.infoHash}/`] })
    const kept = { asked: true, kept: 'yes', have: 3_000_000, problem: null }
    expect(await keptBy(bare.url, metainfo)).toEqual({ ...kept, offered: false, checkedAt: null })
    // Only while that answers.
    await s3.close()
    await vi.waitFor(
      async () => expect(await keptBy(bare.url, metainfo)).toMatchObject({ asked: false, kept: 'no' }),
      LIMIT,
    )
    await s3.open()
    await vi.waitFor(async () => expect(await keptBy(bare.url, metainfo)).toMatchObject(kept), LIMIT)
    expect((await ask(bare, `/api/shares/${metainfo.infoHash}/kept`, 'DELETE', ownerKey)).status).toBe(204)
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(404)
    expect(await keptBy(bare.url, metainfo)).toMatchObject({ asked: false, kept: 'no' })
    await untilEmpty(s3)
  })

  test('links to the public address where there is one, and forgets a deleted share', async () => {
    const { folder, s3, start } = await setUp({ TABSEED_BUCKET_PUBLIC_URL: 'https://files.example.org/x/' })
    const server = await start()
    const { file, metainfo, ownerKey } = await keep(server, folder, 100_000, 83)
    await untilIn(server, metainfo.infoHash)
    const answer = await fetch(file, { redirect: 'manual' })
    expect(answer.headers.get('location')).toBe(`https://files.example.org/x/${metainfo.infoHash}/0`)
    expect((await ask(server, `/api/shares/${metainfo.infoHash}`, 'DELETE', ownerKey)).status).toBe(204)
    await untilEmpty(s3)
  }, 120_000)
})

describe('readers in a browser', () => {
  test.each([
    ['Chromium', openChromium],
    ['Firefox', openFirefox],
  ])(
    '%s follows to the bucket, from our pages and from those of others',
    async (_, openTab) => {
      const { folder, s3, start } = await setUp()
      const server = await start()
      const { file, metainfo } = await keep(server, folder, 1_000_000, 84)
      await untilIn(server, metainfo.infoHash)
      const page = await pageOfOthers()
      const tab = await openTab(page)
      const sum = await tab(file, 500_000, 1000)
      expect(sum).toBe(
        noise(1_000_000, 84)
          .slice(500_000, 501_000)
          .reduce((total, byte) => total + byte, 0),
      )
      expect(s3.requests.filter(line => line === `GET /files/${metainfo.infoHash}/0`)).toHaveLength(1)
    },
    120_000,
  )
})

/** Fetches part of a file as the engine does; returns the sum of the bytes. */
type FetchPart = (url: string, from: number, length: number) => Promise<number>

declare global {
  var sumOfPart: FetchPart
}

/** A page of another origin with our policy, and what the engine fetches from web seeds with. */
async function pageOfOthers(): Promise<string> {
  const module = await bundleOurs(
    join(import.meta.dirname, '../../../lib/engine/web-seeds/web-seed-source.ts'),
  )
  const script = `import { fetchRange } from '/source.js'
    globalThis.sumOfPart = async (url, from, length) => {
      let sum = 0
      const onBytes = bytes => { for (const byte of bytes) sum += byte }
      const request = { url, file: 0, fileLength: 1_000_000, from, length, start: from }
      await fetchRange(request, { signal: new AbortController().signal, onBytes })
      return sum
    }`
  const nonce = 'bm9uY2U='
  const server = createServer((request, response) => {
    const isModule = request.url === '/source.js'
    response.writeHead(200, {
      'content-type': isModule ? 'text/javascript' : 'text/html',
      'content-security-policy': contentSecurityPolicy(nonce, { answer: 'page', dev: false }),
    })
    response.end(
      isModule ? module : `<!doctype html><script type="module" nonce="${nonce}">${script}</script>`,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => server.close().closeAllConnections())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function openChromium(url: string): Promise<FetchPart> {
  const browser = await launchChromium()
  ends.push(() => browser.close())
  const tab = await browser.newPage()
  await tab.goto(url)
  await tab.waitForFunction(() => 'sumOfPart' in globalThis)
  return (...part) => tab.evaluate(([at, from, length]) => globalThis.sumOfPart(at, from, length), part)
}

async function openFirefox(url: string): Promise<FetchPart> {
  const browser = await launchFirefox()
  ends.push(() => browser.close())
  const tab = await browser.newPage()
  await tab.goto(url)
  await tab.waitForFunction(() => 'sumOfPart' in globalThis)
  return (...part) => tab.evaluate((at, from, length) => globalThis.sumOfPart(at, from, length), ...part)
}

test('a server without a bucket does not load what speaks to one', async () => {
  const server = await startApp()
  ends.push(() => server[Symbol.asyncDispose]())
  expect(server.services.bucket).toBeNull()
  const loads = async (module: string) => {
    const script = `import { registerHooks } from 'node:module'
      let count = 0
      registerHooks({ load: (url, context, next) => { if (url.includes('@aws-sdk')) count++; return next(url, context) } })
      await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../../server', module)).href)})
      console.log(count)
      process.exit()`
    const args = ['--input-type=module', '-e', script]
    return Number((await promisify(execFile)(process.execPath, args)).stdout)
  }
  expect(await loads('app.ts')).toBe(0)
})

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
