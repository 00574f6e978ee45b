import { afterAll, beforeAll, expect, test } from 'vitest'
import { noise, tempFolder } from '../support/content/fixtures.ts'
import { publishedContent, TestHostedShares } from '../support/content/hosted-shares.ts'
import { postTorrent } from '../support/content/shares.ts'
import { LONG } from '../support/long.ts'
import { startApp, type TestApp } from '../support/server/app.ts'
import { startBucket } from '../support/server/bucket.ts'
import { from, whileHonest } from '../support/server/honest.ts'

const MIB = 1024 * 1024
/** Far more than sockets and streams buffer. */
const BIG = 64 * MIB

const folder = tempFolder()
const hosted = new TestHostedShares(folder.path)
let server: TestApp
beforeAll(async () => {
  server = await startApp(
    { TABSEED_TRUSTED_PROXIES: '127.0.0.1', TABSEED_WEBSEED_PRIVATE: 'allow' },
    { hosted },
  )
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

test('four networks of slow readers leave room for others, an IPv6 network being one', async () => {
  const big = await publishedContent('big.bin', new Uint8Array(BIG))
  await postTorrent(server.url, big.torrent)
  hosted.hold(big)
  const url = `${server.url}/w/${big.metainfo.infoHash}/big.bin`
  const readers: Response[] = []
  await whileHonest(server, big.metainfo.infoHash, async () => {
    for (let network = 0; network < 4; network += 1) {
      const opened = await Promise.all(
        Array.from({ length: 70 }, (_, at) => fetch(url, from(`2001:db8:0:${network}::${at + 1}`))),
      )
      readers.push(...opened)
    }
    const running = readers.filter(({ status }) => status === 200)
    expect(running.length).toBe(192 + 4)
    const honest = await fetch(url, { headers: { ...from('203.0.113.9').headers, range: 'bytes=0-99' } })
    expect(honest.status).toBe(206)
    expect((await honest.arrayBuffer()).byteLength).toBe(100)
  })
  await Promise.all(readers.map(({ body }) => body?.cancel()))
})

/** Publishes from `address`, and names the mirrors `urls`. */
async function putMirrors(torrent: Uint8Array<ArrayBuffer>, address: string, urls: readonly string[]) {
  const { share, ownerKey } = await (await postTorrent(server.url, torrent)).json()
  return fetch(`${server.url}/api/shares/${share.infoHash}/web-seeds`, {
    method: 'PUT',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${ownerKey}`,
      ...from(address).headers,
    },
    body: JSON.stringify({ urls }),
  })
}

test('a probe takes at most 1 MiB of each piece of a third party, however long pieces are', async () => {
  const content = noise(10 * MIB, 5)
  const large = await publishedContent('large.bin', content, 4 * MIB)
  await using bucket = await startBucket({ 'large.bin': content })
  const ranges: number[] = []
  bucket.misbehave = request => {
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    ranges.push(Number(end) - Number(start) + 1)
    return false
  }
  expect((await putMirrors(large.torrent, '198.51.100.1', [bucket.url])).status).toBe(200)
  expect(Math.max(...ranges)).toBe(MIB)
  expect(ranges.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(3 * MIB + 3)
})

test('mirrors that drip hold up their own publisher only, and for 20 s at most', {
  tags: 'sized',
}, async () => {
  const slow = await publishedContent('slow.bin', noise(100_000, 6))
  const good = await publishedContent('good.bin', noise(100_000, 7))
  await using dripping = await startBucket({})
  dripping.misbehave = (_, response) => {
    response.writeHead(206, { 'content-range': 'bytes 99999-99999/100000', 'content-length': '1' })
    response.flushHeaders()
    return true
  }
  await using bucket = await startBucket({ 'good.bin': noise(100_000, 7) })
  const start = performance.now()
  const urls = Array.from({ length: 2 }, (_, at) => `${dripping.url}${at}/`)
  const held = putMirrors(slow.torrent, '198.51.100.2', urls)
  await expect.poll(() => dripping.requests.length).toBe(2)
  expect((await putMirrors(good.torrent, '203.0.113.3', [bucket.url])).status).toBe(200)
  expect(performance.now() - start).toBeLessThan(5_000)
  // In the gate it is not waited for.
  if (!LONG) await dripping[Symbol.asyncDispose]()
  expect(await (await held).json()).toMatchObject({ error: { code: 'web_seed_unreachable' } })
  expect(performance.now() - start).toBeLessThan(25_000)
})
