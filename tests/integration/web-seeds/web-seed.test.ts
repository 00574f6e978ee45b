import { readdirSync, readlinkSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../lib/base/errors.ts'
import { errorBodySchema } from '../../../lib/protocol/share.ts'
import { noise, tempFolder } from '../../support/content/fixtures.ts'
import { type Published, publishedContent, TestHeldShares } from '../../support/content/hosted-shares.ts'
import { startRoutes } from '../../support/in-process-server.ts'

/** Far more than sockets and streams buffer. */
const BIG = 64 * 1024 * 1024

const folder = tempFolder()
const held = new TestHeldShares(folder.path)
let server: Awaited<ReturnType<typeof startRoutes>>
/** One file of 100,000 bytes. */
let single: Published
/** A folder with names that need care. */
let tree: Published
let big: Published
beforeAll(async () => {
  server = await startRoutes(held)
  single = await publishedContent('video.mp4', noise(100_000))
  tree = await publishedContent('täg', {
    'a.html': noise(1000, 1),
    'b/100%25 #?&+;.txt': noise(2000, 2),
    'b/100%.txt': noise(2100, 9),
    'b/"quoted" \u202egpj.exe': noise(300, 3),
    empty: new Uint8Array(),
    ünï: noise(400, 4),
  })
  big = await publishedContent('big.bin', new Uint8Array(BIG))
  for (const published of [single, tree, big]) held.hold(published)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const urlOf = ({ metainfo }: Published, path: string) => `${server.url}/w/${metainfo.infoHash}/${path}`
const single100 = () => urlOf(single, 'video.mp4')
const etagOf = ({ metainfo }: Published, index: number) => `"${metainfo.infoHash}-${index}"`
const get = (headers: Record<string, string> = {}, url = single100()) => fetch(url, { headers })
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer())

async function expectError(response: Response, code: ErrorCode): Promise<void> {
  expect(errorBodySchema.parse(await response.json()).error.code).toBe(code)
}

/** All a server says to `request` before it closes, as latin-1. */
function raw(request: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  let answer = ''
  socket.setEncoding('latin1').on('data', chunk => {
    answer += chunk
  })
  socket.write(request, 'latin1')
  return new Promise((resolve, reject) => socket.on('close', () => resolve(answer)).on('error', reject))
}

/** The answer to a GET of `target` as it stands, unlike `fetch`, which would tidy it. */
const rawGet = (target: string, headers = '') =>
  raw(`GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`)

/** Descriptors of this process, which is the server, that are open on held files. */
function openHeldFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap(fd => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(folder.path) ? [target] : []
    } catch {
      return []
    }
  })
}

describe('a whole file', () => {
  test('comes with everything a client needs to go on later', async () => {
    const response = await get()
    expect(response.status).toBe(200)
    expect(await bytesOf(response)).toEqual(single.files['video.mp4'])
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'accept-ranges': 'bytes',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': expect.stringContaining('Content-Range'),
      'cache-control': 'public, max-age=31536000, immutable, no-transform',
      'content-disposition': `attachment; filename="video.mp4"; filename*=UTF-8''video.mp4`,
      'content-length': '100000',
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
      'content-type': 'video/mp4',
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      etag: etagOf(single, 0),
    })
  })

  test('is described by HEAD, which knows no ranges', async () => {
    const response = await fetch(single100(), { method: 'HEAD', headers: { range: 'bytes=0-9' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe('100000')
    expect(await response.text()).toBe('')
  })

  test('can be empty', async () => {
    const response = await get({}, urlOf(tree, 't%C3%A4g/empty'))
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '0'])
    const range = await get({ range: 'bytes=0-' }, urlOf(tree, 't%C3%A4g/empty'))
    expect([range.status, range.headers.get('content-range')]).toEqual([416, 'bytes */0'])
  })

  test('never has a type that runs, whatever its name', async () => {
    const html = await get({}, urlOf(tree, 't%C3%A4g/a.html'))
    expect(html.headers.get('content-type')).toBe('application/octet-stream')
    const exe = await get({}, urlOf(tree, encodeURI('täg/b/"quoted" \u202egpj.exe')))
    expect(exe.headers.get('content-disposition')).toBe(
      `attachment; filename="_quoted_ gpj.exe"; filename*=UTF-8''%22quoted%22%20gpj.exe`,
    )
  })

  test('counts what it sends', async () => {
    const share = held.hold(single)
    await bytesOf(await get())
    await bytesOf(await get({ range: 'bytes=10-19' }))
    await fetch(single100(), { method: 'HEAD' })
    expect(share.bytesSent).toBe(100_010)
  })
})

describe('Range', () => {
  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=0-99999', 0, 100_000],
    ['bytes=99999-', 99_999, 100_000],
    ['bytes=50000-200000', 50_000, 100_000],
    ['bytes=-500', 99_500, 100_000],
    ['bytes=-999999999999999999999', 0, 100_000],
    ['BYTES=5-9', 5, 10],
  ])('%s gets exactly these bytes', async (range, start, end) => {
    const response = await get({ range })
    expect(response.status).toBe(206)
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/100000`)
    expect(response.headers.get('content-length')).toBe(String(end - start))
    expect(await bytesOf(response)).toEqual(single.files['video.mp4']?.subarray(start, end))
  })

  test.each(['bytes=100000-', 'bytes=100000-100001', 'bytes=99999999999999999999-', 'bytes=-0'])(
    '%s lies past the end',
    async range => {
      const response = await get({ range })
      expect(response.status).toBe(416)
      expect(response.headers.get('content-range')).toBe('bytes */100000')
      expect(await response.text()).toBe('')
    },
  )

  test.each([
    'bytes=9-5',
    'bytes=-',
    'bytes=a-b',
    'bytes=0x1-0x2',
    'bytes=1',
    'bytes 0-5',
    'items=0-5',
    'bytes=--5',
    'bytes=0-5,10-15',
    'bytes=0-5, -5',
    'bytes=+1-5',
    'bytes=1.5-3',
    `bytes=${'0-1,'.repeat(1000)}`,
  ])('%.30s is malformed or several ranges, and gets the whole', async range => {
    const response = await get({ range })
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '100000'])
    expect(response.headers.get('content-range')).toBeNull()
    await response.body?.cancel()
  })

  test('sent twice, or with bytes that are no text, it gets the whole', async () => {
    const target = `/w/${single.metainfo.infoHash}/video.mp4`
    expect(await rawGet(target, 'Range: bytes=0-1\r\nRange: bytes=2-3\r\n')).toMatch(/^HTTP\/1.1 200 /)
    expect(await rawGet(target, 'Range: bytes=\xff-\xfe\r\n')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('over one connection, range after range', async () => {
    const target = `/w/${single.metainfo.infoHash}/video.mp4`
    const ask = (range: string, close = '') =>
      `GET ${target} HTTP/1.1\r\nHost: x\r\nRange: ${range}\r\n${close}\r\n`
    const answers = await raw(
      ask('bytes=0-2') + ask('bytes=200000-') + ask('bytes=3-5', 'Connection: close\r\n'),
    )
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 206', 'HTTP/1.1 416', 'HTTP/1.1 206'])
  })
})

describe('conditions', () => {
  const etag = () => etagOf(single, 0)

  test.each<[string, (tag: string) => string, number]>([
    ['the tag', tag => tag, 206],
    ['a weak tag', tag => `W/${tag}`, 200],
    ['another tag', () => '"x"', 200],
    ['a date', () => 'Wed, 21 Oct 2015 07:28:00 GMT', 200],
    ['a list', tag => `${tag}, "x"`, 200],
  ])('If-Range with %s', async (_, value, status) => {
    const response = await get({ range: 'bytes=0-9', 'if-range': value(etag()) })
    expect(response.status).toBe(status)
    await response.body?.cancel()
  })

  test('a range past the end is only refused for the file the client means', async () => {
    const response = await get({ range: 'bytes=200000-', 'if-range': '"x"' })
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test.each<[string, (tag: string) => string, number]>([
    ['the tag', tag => tag, 304],
    ['the weak tag', tag => `W/${tag}`, 304],
    ['a list', tag => `"a", ${tag}`, 304],
    ['anything', () => '*', 304],
    ['others', () => '"a", W/"b"', 200],
  ])('If-None-Match with %s', async (_, value, status) => {
    const response = await get({ 'if-none-match': value(etag()), range: 'bytes=0-9', 'if-range': '"x"' })
    expect([response.status, response.headers.get('etag')]).toEqual([status, etag()])
    if (status === 304) expect(response.headers.get('content-length')).toBeNull()
    await response.body?.cancel()
  })

  test.each<[string, (tag: string) => string, number]>([
    ['the tag', tag => tag, 206],
    ['anything', () => '*', 206],
    ['the weak tag', tag => `W/${tag}`, 412],
    ['another', () => '"x"', 412],
  ])('If-Match with %s', async (_, value, status) => {
    expect((await get({ 'if-match': value(etag()), range: 'bytes=0-9' })).status).toBe(status)
  })

  test('on dates do not count: a share has none', async () => {
    const response = await get({
      'if-modified-since': 'Wed, 21 Oct 2099 07:28:00 GMT',
      'if-unmodified-since': 'Wed, 21 Oct 1999 07:28:00 GMT',
    })
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })
})

describe('other origins', () => {
  test('may ask for ranges', async () => {
    const response = await fetch(single100(), {
      method: 'OPTIONS',
      headers: { origin: 'https://other.example', 'access-control-request-headers': 'range' },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-allow-methods')).toContain('GET')
    expect(response.headers.get('access-control-allow-headers')).toContain('Range')
  })

  test('can read errors, and why a range was refused', async () => {
    const missing = await get({}, urlOf(single, 'other'))
    expect(missing.headers.get('access-control-allow-origin')).toBe('*')
    const past = await get({ range: 'bytes=100000-' })
    expect(past.headers.get('access-control-expose-headers')).toContain('Content-Range')
    await Promise.all([missing.body?.cancel(), past.body?.cancel()])
  })

  test('may not change anything', async () => {
    const response = await fetch(single100(), { method: 'PUT', body: 'x' })
    await expectError(response, 'method_not_allowed')
  })
})

describe('paths', () => {
  test('name each file, percent-encoded once', async () => {
    for (const [path, bytes] of Object.entries(tree.files)) {
      const encoded = `täg/${path}`.split('/').map(encodeURIComponent).join('/')
      const response = await get({}, urlOf(tree, encoded))
      expect(response.status, path).toBe(200)
      expect(await bytesOf(response)).toEqual(bytes)
    }
  })

  test('in a query do not count', async () => {
    const response = await get({}, `${single100()}?path=/etc/passwd`)
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test.each([
    '',
    '/',
    '0',
    'video.mp4/',
    '/video.mp4',
    './video.mp4',
    'x/../video.mp4',
    '%2e%2e/%2e%2e/etc/passwd',
    '../../../../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    '..%252f..%252fetc%252fpasswd',
    '..\\..\\etc\\passwd',
    '..%5c..%5cetc%5cpasswd',
    '%00',
    'video.mp4%00',
    'video.mp4%00.txt',
    '%c0%ae%c0%ae/video.mp4',
    'video%2Emp4%2F',
    'VIDEO.MP4',
    'video.mp4;x',
    '%',
    '%zz',
    '%e0%a4',
    '__proto__',
    'constructor',
    'C:/windows/win.ini',
    '/etc/passwd',
    '//etc/passwd',
    '%2fetc%2fpasswd',
  ])('"%s" is no file of the share', async path => {
    const answer = await rawGet(`/w/${single.metainfo.infoHash}/${path}`)
    expect(answer).toMatch(/^HTTP\/1.1 404 [\s\S]*"file_not_found"/)
  })

  test('do not take an encoded slash for a separator, nor decode twice', async () => {
    for (const path of ['t%C3%A4g%2Fa.html', 't%C3%A4g/b%2F100%25.txt', 't%25C3%25A4g/a.html', 'a.html']) {
      await expectError(await get({}, urlOf(tree, path)), 'file_not_found')
    }
  })

  test('with a dot that is only encoded are the same name', async () => {
    const response = await get({}, urlOf(single, 'video%2emp4'))
    expect(response.status).toBe(200)
    await response.body?.cancel()
  })

  test.each<[string, ErrorCode]>([
    ['0123456789'.repeat(4), 'share_not_held'],
    ['0123', 'share_not_found'],
    ['../..', 'share_not_found'],
    ['%2e%2e', 'share_not_found'],
  ])('of the share "%s" lead nowhere', async (hash, code) => {
    expect(await rawGet(`/w/${hash}/video.mp4`)).toMatch(new RegExp(`^HTTP/1.1 404 [^]*"${code}"`))
  })
})

describe('what lies on disk', () => {
  test('is not served while the share is incomplete', async () => {
    const partial = await publishedContent('partial', noise(500, 5))
    const share = held.hold(partial)
    share.complete = false
    await expectError(await get({}, urlOf(partial, 'partial')), 'share_not_held')
    share.complete = true
    expect(await bytesOf(await get({}, urlOf(partial, 'partial')))).toEqual(partial.files['partial'])
  })

  test.each<[string, (path: string) => void]>([
    ['longer than the share says', path => writeFileSync(path, noise(501))],
    ['shorter', path => writeFileSync(path, noise(499))],
    ['gone', path => rmSync(path)],
    [
      'a link to somewhere else',
      path => {
        writeFileSync(join(folder.path, 'secret'), noise(500, 8))
        rmSync(path)
        symlinkSync(join(folder.path, 'secret'), path)
      },
    ],
    [
      'a folder',
      path => {
        rmSync(path)
        symlinkSync('/proc', path)
      },
    ],
  ])('is not served when it is %s', async (what, spoil) => {
    const content = await publishedContent(`spoilt ${what}`, noise(500, 6))
    const path = held.hold(content).path(0)
    spoil(path)
    for (const method of ['GET', 'HEAD']) {
      const response = await fetch(urlOf(content, encodeURIComponent(content.metainfo.name)), { method })
      expect(response.status).toBe(500)
      if (method === 'GET') await expectError(response, 'held_file_damaged')
    }
    expect(openHeldFiles()).toEqual([])
  })

  test('cuts the connection when it shrinks while it is sent', async () => {
    const content = await publishedContent('shrinks', new Uint8Array(BIG))
    const path = held.hold(content).path(0)
    const response = await get({}, urlOf(content, 'shrinks'))
    truncateSync(path, 1000)
    await expect(response.arrayBuffer()).rejects.toThrow()
    await expect.poll(openHeldFiles).toEqual([])
  })
})

describe('answers that run', () => {
  const bigUrl = () => urlOf(big, 'big.bin')

  test('wait for a slow reader, and let go of the file when it leaves', async () => {
    const share = held.hold(big)
    const aborted = new AbortController()
    const response = await fetch(bigUrl(), { signal: aborted.signal })
    await response.body?.getReader().read()
    expect(share.bytesSent).toBeLessThan(BIG / 2)
    expect(openHeldFiles()).toHaveLength(1)
    aborted.abort()
    await expect.poll(openHeldFiles).toEqual([])
  })

  test('leave nothing open when clients go at any moment', async () => {
    const port = Number(new URL(server.url).port)
    await Promise.all(
      Array.from({ length: 50 }, async (_, count) => {
        const socket = connect(port, '127.0.0.1').on('error', () => {})
        const closed = new Promise(resolve => socket.once('close', resolve))
        socket.write(`GET /w/${big.metainfo.infoHash}/big.bin HTTP/1.1\r\nHost: x\r\n\r\n`, () => {
          if (count % 2) socket.destroy()
          else socket.once('data', () => socket.destroy())
        })
        await closed
      }),
    )
    await expect.poll(openHeldFiles).toEqual([])
  })

  test('are cut when the share is dropped, and no others', async () => {
    const response = await get({}, bigUrl())
    const other = await publishedContent('other.bin', new Uint8Array(BIG))
    held.hold(other)
    const kept = await get({}, urlOf(other, 'other.bin'))
    held.remove(big.metainfo.infoHash)
    server.webSeed.drop(big.metainfo.infoHash)
    await expect(response.arrayBuffer()).rejects.toThrow()
    await expectError(await get({}, bigUrl()), 'share_not_held')
    expect((await kept.arrayBuffer()).byteLength).toBe(BIG)
    held.hold(big)
  })

  test('end when the share is held no more, though nobody said so', async () => {
    const response = await get({}, bigUrl())
    held.remove(big.metainfo.infoHash)
    await expect(response.arrayBuffer()).rejects.toThrow()
    await expect.poll(openHeldFiles).toEqual([])
    held.hold(big)
  })

  test('are limited for one client; what is over is told to come back', async () => {
    const responses = await Promise.all(Array.from({ length: 70 }, () => get({}, bigUrl())))
    const refused = responses.filter(({ status }) => status === 503)
    expect(refused).toHaveLength(6)
    expect(refused[0]?.headers.get('retry-after')).toBe('10')
    await expectError(refused[0] as Response, 'server_busy')
    await Promise.all(responses.map(response => response.bodyUsed || response.body?.cancel()))
    await expect.poll(openHeldFiles).toEqual([])
    const again = await get({}, bigUrl())
    expect(again.status).toBe(200)
    await again.body?.cancel()
  })

  test('keep to the limit, all together', async () => {
    await using limited = await startRoutes(held, { TABSEED_WEBSEED_LIMIT: '100kB' })
    const start = performance.now()
    const url = `${limited.url}/w/${single.metainfo.infoHash}/video.mp4`
    const bodies = await Promise.all([0, 1, 2].map(async () => (await fetch(url)).arrayBuffer()))
    const seconds = (performance.now() - start) / 1000
    expect(bodies.map(({ byteLength }) => byteLength)).toEqual([100_000, 100_000, 100_000])
    // 300 kB at 100 kB/s, of which one second's worth may pass at once.
    expect(seconds).toBeGreaterThan(1.8)
    expect(seconds).toBeLessThan(4)
  })
})
