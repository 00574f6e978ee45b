import { get as httpGet, type IncomingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { publishListed } from '../../support/content/shares.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

let server: TestServer
let infoHash: string
beforeAll(async () => {
  server = await startServer(['--limits', 'off'])
  infoHash = (await publishListed(server.url, `${'long '.repeat(40)}name`)).infoHash
  for (let share = 0; share < 20; share++) await publishListed(server.url, `share number ${share}`)
})
afterAll(() => server?.[Symbol.asyncDispose]())

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** As it is sent, unlike `fetch`, which decodes it. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    httpGet(`${server.url}${path}`, { headers, method }, response => {
      const { headers, statusCode = 0 } = response
      buffer(response).then(body => resolve({ status: statusCode, headers, body }), reject)
    }).on('error', reject)
  })
}

const DECODE = { br: brotliDecompressSync, gzip: gunzipSync } as const

describe.each(['/embed.js', '/embed-engine.js', '/feed.atom', '/status.json'])('%s', path => {
  test.each(['br', 'gzip'] as const)('is compressed by %s for who takes it', async encoding => {
    const plain = await get(path)
    expect(plain.status).toBe(200)
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.headers.vary?.toLowerCase()).toContain('accept-encoding')
    const packed = await get(path, { 'accept-encoding': encoding })
    expect(packed.headers['content-encoding']).toBe(encoding)
    expect(packed.headers.vary?.toLowerCase()).toContain('accept-encoding')
    expect(packed.body.length).toBeLessThan(plain.body.length / 2)
    expect(Number(packed.headers['content-length'])).toBe(packed.body.length)
    // The status carries the time.
    if (path !== '/status.json') expect(DECODE[encoding](packed.body).equals(plain.body)).toBe(true)
    const head = await get(path, { 'accept-encoding': encoding }, 'HEAD')
    expect(head.headers['content-encoding']).toBe(encoding)
    expect(head.body).toHaveLength(0)
  })
})

/** Next compresses by itself, by gzip, which every browser takes. */
describe('the pages, their scripts and styles', () => {
  test('are compressed by gzip for who takes it', async () => {
    const page = String((await get('/')).body)
    const assets = [...page.matchAll(/"(\/_next\/static\/[^"]+\.(?:js|css))"/g)].map(([, path = '']) => path)
    const large = async (path: string) => (await get(path)).body.length > 10_000
    const [script] = await firstOf(
      assets.filter(path => path.endsWith('.js')),
      large,
    )
    const [style] = await firstOf(
      assets.filter(path => path.endsWith('.css')),
      large,
    )
    const unknown = `/d/${'0'.repeat(40)}`
    for (const path of ['/', '/library', `/d/${infoHash}`, unknown, '/sw.js', script ?? '', style ?? '']) {
      const plain = await get(path)
      // As a browser asks.
      const packed = await get(path, { 'accept-encoding': 'gzip, deflate, br, zstd' })
      expect(packed.status, path).toBe(path === unknown ? 404 : 200)
      expect(packed.headers['content-encoding'], path).toBe('gzip')
      expect(packed.headers.vary?.toLowerCase(), path).toContain('accept-encoding')
      expect(packed.body.length, path).toBeLessThan(plain.body.length / 2)
      // Pages carry numbers of their own each time.
      const unpacked = gunzipSync(packed.body)
      if (path.startsWith('/_next')) expect(unpacked.equals(plain.body)).toBe(true)
      else expect(Math.abs(unpacked.length - plain.body.length), path).toBeLessThan(1_000)
    }
  })

  test('are sent as they are for who does not', async () => {
    for (const encoding of ['identity', 'gzip;q=0, identity']) {
      const { body, headers } = await get('/', { 'accept-encoding': encoding })
      expect(headers['content-encoding']).toBeUndefined()
      expect(String(body)).toContain('</html>')
    }
  })
})

/** The first of `paths` that is so, if any. */
async function firstOf(paths: readonly string[], isSo: (path: string) => Promise<boolean>) {
  for (const path of paths) if (await isSo(path)) return [path]
  return []
}

test.each(['/embed.js', '/feed.atom'])(
  'each coding of %s has a tag of its own, and each is known',
  async path => {
    const tags = []
    for (const encoding of ['identity', 'gzip', 'br']) {
      const { etag = '' } = (await get(path, { 'accept-encoding': encoding })).headers
      tags.push(etag)
      const known = await get(path, { 'accept-encoding': encoding, 'if-none-match': etag })
      expect([known.status, known.headers.etag]).toEqual([304, etag])
      expect(known.headers.vary).toBe('Accept-Encoding')
      expect((await get(path, { 'if-none-match': '"other-br"' })).status).toBe(200)
    }
    expect(new Set(tags).size).toBe(3)
  },
)

test('embed.js is as small as docs/embedding.md says', async () => {
  const { body } = await get('/embed.js', { 'accept-encoding': 'gzip' })
  expect(body.length).toBeLessThan(12_000)
})

test('what is small, secret or not text is sent as it is', async () => {
  const take = { 'accept-encoding': 'br, gzip' }
  for (const path of ['/healthz', `/t/${infoHash}.torrent`]) {
    const { headers, status } = await get(path, take)
    expect([status, headers['content-encoding']], path).toEqual([200, undefined])
  }
  const { headers, status } = await get('/metrics', take)
  expect([status, headers['content-encoding']]).toEqual([200, 'br'])
})

test('a .torrent has a date and a tag, by which it is not sent again', async () => {
  const path = `/t/${infoHash}.torrent`
  const { headers } = await get(path)
  const { etag = '', 'last-modified': modified = '' } = headers
  expect(Date.parse(modified)).toBeLessThanOrEqual(Date.now())
  for (const [condition, status] of [
    [{ 'if-modified-since': modified }, 304],
    [{ 'if-none-match': etag }, 304],
    [{ 'if-none-match': '"x"', 'if-modified-since': modified }, 200],
    [{ 'if-modified-since': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 200],
  ] as const) {
    const answer = await get(path, condition)
    expect(answer.status).toBe(status)
    expect(answer.body.length > 0).toBe(status === 200)
    expect(answer.headers['last-modified']).toBe(modified)
  }
})
