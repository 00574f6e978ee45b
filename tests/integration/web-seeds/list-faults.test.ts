import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../lib/base/errors.ts'
import { parseRange } from '../../../lib/play/range.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import {
  expectFault,
  type Misbehave,
  sendRange,
  serveBucket,
  startBucket,
} from '../../support/server/bucket.ts'

const place = serveBucket()
const { owned } = place

describe('a web seed that misbehaves', () => {
  const refuses = async (misbehave: Misbehave, code: ErrorCode) => {
    place.bucket.misbehave = misbehave
    await using share = await owned(place.tree)
    const detail = await expectFault(await share.put(place.bucket.url), code)
    expect(await share.list()).toEqual([])
    return detail
  }
  const ranged = (
    change: (file: Uint8Array, range: { start: number; end: number }) => Parameters<typeof sendRange>[3],
  ): Misbehave => {
    return (request, response, file) => {
      const range = parseRange(request.headers.range ?? null, file?.length ?? 0)
      if (!file || range === null || range === 'unsatisfiable') return false
      sendRange(response, range, file, change(file, range))
      return true
    }
  }

  test('by answering 200 with the whole file', async () => {
    const detail = await refuses((_, response, file) => {
      response.writeHead(200).end(file)
      return true
    }, 'web_seed_wrong')
    expect(detail).toContain('200 instead of 206')
    expect(detail).toContain(place.bucket.url)
  })

  test('by another total, another range, none, or one of unknown length', async () => {
    for (const header of ['bytes 49999-49999/50001', 'bytes 0-0/50000', '', 'bytes 49999-49999/*', 'x']) {
      await refuses(
        ranged(() => ({ headers: { 'content-range': header } })),
        'web_seed_wrong',
      )
    }
  })

  test('by wrong bytes in the first, last or any piece', async () => {
    await refuses(
      ranged((file, { start, end }) => ({ body: file.slice(start, end).fill(0) })),
      'web_seed_wrong',
    )
    await refuses(
      ranged((file, { start, end }) =>
        file.length === 5 ? { body: file.slice(start, end).map(byte => byte ^ 1) } : {},
      ),
      'web_seed_wrong',
    )
  })

  test('by too many bytes, too few, or a cut connection', async () => {
    await refuses(
      ranged((file, { start, end }) => ({
        body: Buffer.concat([file.subarray(start, end), Buffer.alloc(9)]),
      })),
      'web_seed_wrong',
    )
    await refuses(
      ranged((file, { start, end }) => ({ body: file.subarray(start, end - 1) })),
      'web_seed_wrong',
    )
    await refuses((_, response) => {
      response.socket?.destroy()
      return true
    }, 'web_seed_unreachable')
    await refuses((request, response, file) => {
      const range = parseRange(request.headers.range ?? null, file?.length ?? 0)
      if (!file || !range || range === 'unsatisfiable' || range.end - range.start < 9) return false
      const { start, end } = range
      response.writeHead(206, {
        'content-range': `bytes ${start}-${end - 1}/${file.length}`,
        'content-length': end - start,
      })
      response.write(file.subarray(start, start + 9), () => response.socket?.destroy())
      return true
    }, 'web_seed_unreachable')
  })

  test('by sending for ever, of which no more than was asked for is read', async () => {
    await refuses((request, response, file) => {
      if (!file) return false
      const [, first = ''] = /bytes=(\d+)-/.exec(request.headers.range ?? '') ?? []
      response.writeHead(206, { 'content-range': `bytes ${first}-${first}/${file.length}` })
      const send = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', send)
      send()
      return true
    }, 'web_seed_wrong')
  })

  test('by compressing', async () => {
    await refuses(
      ranged(() => ({ headers: { 'content-encoding': 'gzip' } })),
      'web_seed_wrong',
    )
  })

  test('by saying nothing', { tags: 'long' }, async () => {
    const start = performance.now()
    expect(await refuses(() => true, 'web_seed_unreachable')).toContain('no data for 10 s')
    expect(performance.now() - start).toBeLessThan(20_000)
    await refuses((request, response, file) => {
      const range = parseRange(request.headers.range ?? null, file?.length ?? 0)
      if (!file || !range || range === 'unsatisfiable' || range.end - range.start < 9) return false
      response.writeHead(206, { 'content-range': `bytes ${range.start}-${range.end - 1}/${file.length}` })
      response.write(file.subarray(range.start, range.start + 9))
      return true
    }, 'web_seed_unreachable')
    expect(performance.now() - start).toBeLessThan(40_000)
  })

  test('by redirecting for ever, or to another scheme', async () => {
    await refuses((request, response) => {
      response.writeHead(302, { location: `${request.url}x` }).end()
      return true
    }, 'web_seed_wrong')
    expect(place.bucket.requests).toHaveLength(4)
    await refuses((_, response) => {
      response.writeHead(301, { location: 'file:///etc/passwd' }).end()
      return true
    }, 'web_seed_wrong')
  })

  test('but not by redirecting to where the bytes are', async () => {
    await using share = await owned(place.tree)
    place.bucket.misbehave = (request, response) => {
      if (!request.url?.startsWith('/from/')) return false
      response.writeHead(307, { location: request.url.replace('/from/', '/') }).end()
      return true
    }
    expect((await share.put(`${place.bucket.url}from/`)).status).toBe(200)
  })
})

describe('addresses that are not public', () => {
  let guarded: TestApp
  beforeAll(async () => {
    guarded = await startApp()
  })
  afterAll(() => guarded[Symbol.asyncDispose]())

  test.each([
    (port: number) => `http://127.0.0.1:${port}/`,
    (port: number) => `http://localhost:${port}/`,
    (port: number) => `http://0x7f.1:${port}/`,
    (port: number) => `http://2130706433:${port}/`,
    (port: number) => `http://0177.0.0.1:${port}/`,
    (port: number) => `http://127.0.0.1.:${port}/`,
    (port: number) => `http://0.0.0.0:${port}/`,
    (port: number) => `http://[::1]:${port}/`,
    (port: number) => `http://[::ffff:127.0.0.1]:${port}/`,
    (port: number) => `http://[::]:${port}/`,
    (port: number) => `https://127.0.0.1:${port}/`,
    () => 'http://169.254.169.254/latest/meta-data/',
    () => 'http://[::ffff:169.254.169.254]/',
    () => 'http://10.0.0.1/',
  ])('are refused and never asked: %s', async url => {
    await using share = await owned(place.single, guarded)
    await expectFault(await share.put(url(place.bucket.port)), 'web_seed_private')
    expect(place.bucket.requests).toEqual([])
  })

  test('are refused behind a redirect', async () => {
    const refusesHop = (address: string) => address === '127.0.0.1'
    await using half = await startApp({}, { probePolicy: { mayConnect: refusesHop } })
    await using share = await owned(place.single, half)
    await using inside = await startBucket({}, '127.0.0.2')
    place.bucket.misbehave = (_, response) => {
      response.writeHead(302, { location: inside.url }).end()
      return true
    }
    await expectFault(await share.put(place.bucket.url), 'web_seed_private')
    expect(inside.requests).toEqual([])
  })

  test('are refused when a name changes to one, or has one among others', async () => {
    await using inside = await startBucket(place.single.files, '127.0.0.2', place.bucket.port)
    const answers: string[][] = []
    const policy = {
      mayConnect: (address: string) => address === '127.0.0.1',
      resolve: (
        _host: string,
        _options: { all: true },
        callback: (error: Error | null, addresses: { address: string; family: number }[]) => void,
      ) =>
        callback(
          null,
          (answers.shift() ?? ['127.0.0.2']).map(address => ({ address, family: 4 })),
        ),
    }
    await using half = await startApp({}, { probePolicy: policy })
    await using share = await owned(place.single, half)
    const url = `http://rebinding.example:${place.bucket.port}/`

    answers.push(['127.0.0.1'])
    await expectFault(await share.put(url), 'web_seed_private')
    expect(place.bucket.requests).toHaveLength(1)
    answers.push(['127.0.0.1', '127.0.0.2'])
    await expectFault(await share.put(url), 'web_seed_private')
    expect(place.bucket.requests).toHaveLength(1)
    answers.push(...Array.from({ length: 50 }, () => ['127.0.0.1']))
    expect((await share.put(url)).status).toBe(200)
    expect(inside.requests).toEqual([])
  })
})
