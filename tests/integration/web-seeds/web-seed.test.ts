import { describe, expect, test } from 'vitest'
import { bytesOf, etagOf, expectError, serveHostedFiles } from '../../support/server/hosted-files.ts'

const files = serveHostedFiles()
const { get, hosted, raw, single100, urlOf } = files

/** The answer to a GET of `target` as it stands, unlike `fetch`, which would tidy it. */
const rawGet = (target: string, headers = '') =>
  raw(`GET ${target} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`)

describe('a whole file', () => {
  test('comes with everything a client needs to go on later', async () => {
    const response = await get()
    expect(response.status).toBe(200)
    expect(await bytesOf(response)).toEqual(files.content.single.files['video.mp4'])
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
      etag: etagOf(files.content.single, 0),
    })
  })

  test('is described by HEAD, which knows no ranges', async () => {
    const response = await fetch(single100(), { method: 'HEAD', headers: { range: 'bytes=0-9' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe('100000')
    expect(await response.text()).toBe('')
  })

  test('can be empty', async () => {
    const response = await get({}, urlOf(files.content.tree, 't%C3%A4g/empty'))
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '0'])
    const range = await get({ range: 'bytes=0-' }, urlOf(files.content.tree, 't%C3%A4g/empty'))
    expect([range.status, range.headers.get('content-range')]).toEqual([416, 'bytes */0'])
  })

  test('never has a type that runs, whatever its name', async () => {
    const html = await get({}, urlOf(files.content.tree, 't%C3%A4g/a.html'))
    expect(html.headers.get('content-type')).toBe('application/octet-stream')
    const exe = await get({}, urlOf(files.content.tree, encodeURI('täg/b/"quoted" \u202egpj.exe')))
    expect(exe.headers.get('content-disposition')).toBe(
      `attachment; filename="_quoted_ gpj.exe"; filename*=UTF-8''%22quoted%22%20gpj.exe`,
    )
  })

  test('counts what it sends', async () => {
    const share = hosted.hold(files.content.single)
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
    expect(await bytesOf(response)).toEqual(files.content.single.files['video.mp4']?.subarray(start, end))
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
    const target = `/w/${files.content.single.metainfo.infoHash}/video.mp4`
    expect(await rawGet(target, 'Range: bytes=0-1\r\nRange: bytes=2-3\r\n')).toMatch(/^HTTP\/1.1 200 /)
    expect(await rawGet(target, 'Range: bytes=\xff-\xfe\r\n')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('over one connection, range after range', async () => {
    const target = `/w/${files.content.single.metainfo.infoHash}/video.mp4`
    const ask = (range: string, close = '') =>
      `GET ${target} HTTP/1.1\r\nHost: x\r\nRange: ${range}\r\n${close}\r\n`
    const answers = await raw(
      ask('bytes=0-2') + ask('bytes=200000-') + ask('bytes=3-5', 'Connection: close\r\n'),
    )
    expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 206', 'HTTP/1.1 416', 'HTTP/1.1 206'])
  })
})

describe('conditions', () => {
  const etag = () => etagOf(files.content.single, 0)

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

  describe('on dates', () => {
    const FUTURE = 'Wed, 21 Oct 2099 07:28:00 GMT'
    const PAST = 'Wed, 21 Oct 2015 07:28:00 GMT'
    const modified = async () => (await get({ range: 'bytes=0-0' })).headers.get('last-modified') ?? ''
    const statusWith = async (headers: Record<string, string>) => {
      const response = await get(headers)
      await response.body?.cancel()
      return response.status
    }

    test('the date is that of the file, never in the future', async () => {
      const date = Date.parse(await modified())
      expect(date).toBeGreaterThan(Date.now() - 600_000)
      expect(date).toBeLessThanOrEqual(Date.now())
    })

    test.each<[string, (date: string) => string, number]>([
      ['its date', date => date, 304],
      ['a later one', () => FUTURE, 304],
      ['an earlier one', () => PAST, 200],
      ['its date in RFC 850 form', date => rfc850(date), 304],
      ['no date', () => 'yesterday', 200],
      ['a local date', () => '2099-10-21', 200],
    ])('If-Modified-Since with %s', async (_, value, status) => {
      expect(await statusWith({ 'if-modified-since': value(await modified()) })).toBe(status)
    })

    test.each<[string, (date: string) => string, number]>([
      ['its date', date => date, 206],
      ['a later one', () => FUTURE, 200],
      ['an earlier one', () => PAST, 200],
    ])('If-Range with %s', async (_, value, status) => {
      expect(await statusWith({ range: 'bytes=0-9', 'if-range': value(await modified()) })).toBe(status)
    })

    test('If-Unmodified-Since', async () => {
      expect(await statusWith({ 'if-unmodified-since': PAST })).toBe(412)
      expect(await statusWith({ 'if-unmodified-since': await modified() })).toBe(200)
    })

    test('a tag takes precedence over a date', async () => {
      expect(await statusWith({ 'if-none-match': '"x"', 'if-modified-since': FUTURE })).toBe(200)
      expect(await statusWith({ 'if-none-match': etag(), 'if-modified-since': PAST })).toBe(304)
      expect(await statusWith({ 'if-match': etag(), 'if-unmodified-since': PAST })).toBe(200)
    })
  })
})

/** The form of dates before 1123: `Sunday, 06-Nov-94 08:49:37 GMT`. */
function rfc850(date: string): string {
  const [, day, month, year, time] = /^\w+, (\d\d) (\w+) \d\d(\d\d) (\S+)/.exec(date) ?? []
  const weekday = new Date(date).toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' })
  return `${weekday}, ${day}-${month}-${year} ${time} GMT`
}

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
    const missing = await get({}, urlOf(files.content.single, 'other'))
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
