import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ErrorCode } from '../../../lib/base/errors.ts'
import { parseRange } from '../../../lib/play/range.ts'
import {
  createdShareSchema,
  errorBodySchema,
  shareSchema,
  webSeedsSchema,
} from '../../../lib/protocol/share.ts'
import { parseMagnet } from '../../../lib/torrent/magnet.ts'
import { isPublicAddress } from '../../../server/base/public-address.ts'
import type { HeldShares } from '../../../server/web-seeds/hosted-shares.ts'
import { noise } from '../../support/content/fixtures.ts'
import { type Published, publishedContent } from '../../support/content/hosted-shares.ts'
import { postTorrent } from '../../support/content/shares.ts'
import { startRoutes } from '../../support/in-process-server.ts'

type Routes = Awaited<ReturnType<typeof startRoutes>>
type Misbehave = (request: IncomingMessage, response: ServerResponse, file: Uint8Array | undefined) => boolean

/** A bucket of files, right in every answer but for what `misbehave` answers (and then says true). */
async function startBucket(files: Readonly<Record<string, Uint8Array>>, address = '127.0.0.1', port = 0) {
  const requests: string[] = []
  const bucket = {
    misbehave: (() => false) as Misbehave,
    requests,
    url: '',
    port: 0,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    const file = files[decodeURIComponent(request.url?.slice(1) ?? '')]
    if (bucket.misbehave(request, response, file)) return
    if (!file) {
      response.writeHead(404).end()
      return
    }
    const range = parseRange(request.headers.range ?? null, file.length)
    if (range === null || range === 'unsatisfiable') response.writeHead(range ? 416 : 200).end(file)
    else sendRange(response, range, file)
  })
  server.listen(port, address)
  await once(server, 'listening')
  bucket.port = (server.address() as AddressInfo).port
  bucket.url = `http://${address}:${bucket.port}/`
  return bucket
}

function sendRange(
  response: ServerResponse,
  { start, end }: { start: number; end: number },
  file: Uint8Array,
  change: { headers?: Record<string, string>; body?: Uint8Array } = {},
): void {
  response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${file.length}`, ...change.headers })
  response.end(change.body ?? file.subarray(start, end))
}

const NOTHING_HELD: HeldShares = { find: () => null }

const FILES = {
  'folder/a b.bin': noise(50_000, 1),
  'folder/sub/100%.bin': noise(70_000, 2),
  'folder/empty': new Uint8Array(),
  'folder/z': noise(5, 3),
}

let routes: Routes
let bucket: Awaited<ReturnType<typeof startBucket>>
let tree: Published
let single: Published
beforeAll(async () => {
  tree = await publishedContent(
    'folder',
    Object.fromEntries(Object.entries(FILES).map(([path, bytes]) => [path.slice('folder/'.length), bytes])),
  )
  single = await publishedContent('one.bin', noise(100_000, 4))
  routes = await startRoutes(NOTHING_HELD)
  bucket = await startBucket({ ...FILES, ...single.files, 'elsewhere?v=1': noise(100_000, 4) })
})
beforeEach(() => {
  bucket.misbehave = () => false
  bucket.requests.length = 0
})
afterAll(async () => {
  await routes[Symbol.asyncDispose]()
  await bucket[Symbol.asyncDispose]()
})

/** Publish `published` anew; the functions call the API as its owner. */
async function owned(published: Published, server = routes) {
  const path = `${server.url}/api/shares/${published.metainfo.infoHash}`
  const first = createdShareSchema.parse(await (await postTorrent(server.url, published.torrent)).json())
  const headers = { authorization: `Bearer ${first.ownerKey}`, 'content-type': 'application/json' }
  return {
    put: (...urls: string[]) =>
      fetch(`${path}/web-seeds`, { method: 'PUT', headers, body: JSON.stringify({ urls }) }),
    list: async () =>
      webSeedsSchema.parse(await (await fetch(`${path}/web-seeds`, { headers })).json()).webSeeds,
    share: async () => shareSchema.parse(await (await fetch(path)).json()),
    path,
    [Symbol.asyncDispose]: async () => {
      await fetch(path, { method: 'DELETE', headers })
    },
  }
}

async function expectError(response: Response, code: ErrorCode): Promise<string> {
  const { error } = errorBodySchema.parse(await response.json())
  expect(`${error.code} ${error.detail}`).toContain(`${code} `)
  return error.detail
}

describe('PUT /api/shares/<hash>/web-seeds', () => {
  test('hands out what was found right, in the share, the magnet and the .torrent', async () => {
    await using share = await owned(tree)
    const before = await (await fetch((await share.share()).links.torrent)).text()
    const { webSeeds } = webSeedsSchema.parse(await (await share.put(bucket.url)).json())
    expect(webSeeds).toMatchObject([{ url: bucket.url, state: 'ok', reason: null }])
    expect(await share.list()).toEqual(webSeeds)
    const { webSeeds: urls, links } = await share.share()
    expect(urls).toEqual([bucket.url])
    expect(parseMagnet(links.magnet).webSeeds).toEqual([bucket.url])
    const torrent = await (await fetch(links.torrent)).text()
    expect(torrent).toBe(before.replace(/e$/, `8:url-listl${bucket.url.length}:${bucket.url}ee`))
    expect(bucket.requests).toContain('/folder/sub/100%25.bin')
  })

  test('takes an address of a single file as it is, or the folder it lies in', async () => {
    await using share = await owned(single)
    const direct = `${bucket.url}elsewhere?v=1`
    expect((await share.put(direct, bucket.url, bucket.url)).status).toBe(200)
    expect((await share.share()).webSeeds).toEqual([direct, bucket.url])
    expect((await share.put()).status).toBe(200)
    expect((await share.share()).webSeeds).toEqual([])
  })

  test('is for the owner', async () => {
    await using share = await owned(single)
    const headers = { 'content-type': 'application/json' }
    const put = (extra: Record<string, string>) =>
      fetch(`${share.path}/web-seeds`, {
        method: 'PUT',
        headers: { ...headers, ...extra },
        body: JSON.stringify({ urls: [bucket.url] }),
      })
    await expectError(await put({}), 'owner_key_missing')
    await expectError(await put({ authorization: 'Bearer abc' }), 'owner_key_wrong')
    await expectError(await fetch(`${share.path}/web-seeds`), 'owner_key_missing')
    expect(bucket.requests).toEqual([])
  })

  test.each<[string, (url: string) => string[], ErrorCode]>([
    ['no URL', () => ['x'], 'web_seed_invalid'],
    ['another scheme', () => ['ftp://x.example/'], 'web_seed_invalid'],
    ['a file', () => ['file:///etc/passwd'], 'web_seed_invalid'],
    ['a password', () => ['http://a:b@x.example/'], 'web_seed_invalid'],
    ['a fragment', url => [`${url}#x`], 'web_seed_invalid'],
    ['a query that a name would follow', url => [`${url}?x`], 'web_seed_invalid'],
    ['nine of them', url => Array.from({ length: 9 }, () => url), 'bad_request'],
    ['one that is too long', url => [url + 'x'.repeat(2000)], 'bad_request'],
    ['one that becomes too long', url => [url + 'ü'.repeat(1000)], 'web_seed_invalid'],
    ['a place without the files', url => [`${url}other/`], 'web_seed_unreachable'],
    ['nobody at all', () => ['http://127.0.0.1:1/'], 'web_seed_unreachable'],
    ['a name that does not exist', () => ['http://nowhere.invalid/'], 'web_seed_unreachable'],
  ])('refuses %s, and leaves what was there', async (_, urls, code) => {
    await using share = await owned(tree)
    await share.put(bucket.url)
    const before = await share.list()
    await expectError(await share.put(...urls(bucket.url)), code)
    await expectError(await share.put(bucket.url, ...urls(bucket.url)), code)
    expect(await share.list()).toEqual(before)
  })

  test('asks for a moment when too many web seeds are to be looked at', async () => {
    await using share = await owned(single)
    bucket.misbehave = () => true
    const answers = Array.from({ length: 5 }, (_, put) =>
      share.put(...Array.from({ length: 8 }, (_, at) => `${bucket.url}${put}${at}/`)),
    )
    await expectError(await Promise.any(answers), 'server_busy')
    bucket.misbehave = (_, response) => {
      response.writeHead(404).end()
      return true
    }
    await Promise.all(answers)
  })
})

describe('a web seed that misbehaves', () => {
  const refuses = async (misbehave: Misbehave, code: ErrorCode) => {
    bucket.misbehave = misbehave
    await using share = await owned(tree)
    const detail = await expectError(await share.put(bucket.url), code)
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
    expect(detail).toContain(bucket.url)
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

  test('by saying nothing', async () => {
    const start = performance.now()
    expect(await refuses(() => true, 'web_seed_unreachable')).toContain('silent for 10 s')
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
    expect(bucket.requests).toHaveLength(4)
    await refuses((_, response) => {
      response.writeHead(301, { location: 'file:///etc/passwd' }).end()
      return true
    }, 'web_seed_wrong')
  })

  test('but not by redirecting to where the bytes are', async () => {
    await using share = await owned(tree)
    bucket.misbehave = (request, response) => {
      if (!request.url?.startsWith('/from/')) return false
      response.writeHead(307, { location: request.url.replace('/from/', '/') }).end()
      return true
    }
    expect((await share.put(`${bucket.url}from/`)).status).toBe(200)
  })
})

describe('addresses that are not public', () => {
  let guarded: Routes
  beforeAll(async () => {
    guarded = await startRoutes(NOTHING_HELD, {}, { mayConnect: isPublicAddress })
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
    await using share = await owned(single, guarded)
    await expectError(await share.put(url(bucket.port)), 'web_seed_private')
    expect(bucket.requests).toEqual([])
  })

  test('are refused behind a redirect', async () => {
    const refusesHop = (address: string) => address === '127.0.0.1'
    await using half = await startRoutes(NOTHING_HELD, {}, { mayConnect: refusesHop })
    await using share = await owned(single, half)
    await using inside = await startBucket({}, '127.0.0.2')
    bucket.misbehave = (_, response) => {
      response.writeHead(302, { location: inside.url }).end()
      return true
    }
    await expectError(await share.put(bucket.url), 'web_seed_private')
    expect(inside.requests).toEqual([])
  })

  test('are refused when a name changes to one, or has one among others', async () => {
    await using inside = await startBucket(single.files, '127.0.0.2', bucket.port)
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
    await using half = await startRoutes(NOTHING_HELD, {}, policy)
    await using share = await owned(single, half)
    const url = `http://rebinding.example:${bucket.port}/`

    answers.push(['127.0.0.1'])
    await expectError(await share.put(url), 'web_seed_private')
    expect(bucket.requests).toHaveLength(1)
    answers.push(['127.0.0.1', '127.0.0.2'])
    await expectError(await share.put(url), 'web_seed_private')
    expect(bucket.requests).toHaveLength(1)
    answers.push(...Array.from({ length: 50 }, () => ['127.0.0.1']))
    expect((await share.put(url)).status).toBe(200)
    expect(inside.requests).toEqual([])
  })
})

describe('looking again', () => {
  const later = (hours: number) => new Date(Date.now() + hours * 3_600_000)
  const unavailable: Misbehave = (_, response) => {
    response.writeHead(503, { 'retry-after': '18000' }).end()
    return true
  }

  test('takes a web seed out while it fails, and in again when it is right', async () => {
    await using share = await owned(single)
    await share.put(bucket.url)
    bucket.misbehave = unavailable
    bucket.requests.length = 0
    await routes.webSeedList.checkDue(later(5.9))
    expect(bucket.requests).toEqual([])
    await routes.webSeedList.checkDue(later(6.1))
    expect(await share.list()).toMatchObject([{ state: 'failed', reason: 'web_seed_unreachable' }])
    expect((await share.share()).webSeeds).toEqual([])

    bucket.misbehave = () => false
    bucket.requests.length = 0
    // It asked for five hours.
    await routes.webSeedList.checkDue(later(4.9))
    expect(bucket.requests).toEqual([])
    await routes.webSeedList.checkDue(later(5.1))
    expect((await share.share()).webSeeds).toEqual([bucket.url])
  })
})
