import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import type { ErrorCode } from '../../../lib/base/errors.ts'
import { parseRange } from '../../../lib/play/range.ts'
import {
  createdShareSchema,
  errorBodySchema,
  shareSchema,
  webSeedsSchema,
} from '../../../lib/protocol/share.ts'
import { noise } from '../content/fixtures.ts'
import { type Published, publishedContent } from '../content/hosted-shares.ts'
import { postTorrent } from '../content/shares.ts'
import { startApp, type TestApp } from './app.ts'

export type Misbehave = (
  request: IncomingMessage,
  response: ServerResponse,
  file: Uint8Array | undefined,
) => boolean

/** A bucket of files, right in every answer but for what `misbehave` answers (and then says true). */
export async function startBucket(
  files: Readonly<Record<string, Uint8Array>>,
  address = '127.0.0.1',
  port = 0,
) {
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

export function sendRange(
  response: ServerResponse,
  { start, end }: { start: number; end: number },
  file: Uint8Array,
  change: { headers?: Record<string, string>; body?: Uint8Array } = {},
): void {
  response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${file.length}`, ...change.headers })
  response.end(change.body ?? file.subarray(start, end))
}

type Bucket = Awaited<ReturnType<typeof startBucket>>

const FILES = {
  'folder/a b.bin': noise(50_000, 1),
  'folder/sub/100%.bin': noise(70_000, 2),
  'folder/empty': new Uint8Array(),
  'folder/z': noise(5, 3),
}

/** A server that may probe this machine, and a bucket that has two shares, for the tests of the file that calls this. */
export function serveBucket() {
  let server: TestApp
  let bucket: Bucket
  let tree: Published
  let single: Published
  beforeAll(async () => {
    tree = await publishedContent(
      'folder',
      Object.fromEntries(Object.entries(FILES).map(([path, bytes]) => [path.slice('folder/'.length), bytes])),
    )
    single = await publishedContent('one.bin', noise(100_000, 4))
    server = await startApp({}, { probePolicy: { mayConnect: () => true } })
    bucket = await startBucket({ ...FILES, ...single.files, 'elsewhere?v=1': noise(100_000, 4) })
  })
  beforeEach(() => {
    bucket.misbehave = () => false
    bucket.requests.length = 0
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await bucket[Symbol.asyncDispose]()
  })

  return {
    get server() {
      return server
    },
    get bucket() {
      return bucket
    },
    get tree() {
      return tree
    },
    get single() {
      return single
    },
    owned: (published: Published, at: TestApp = server) => publishAsOwner(published, at),
  }
}

/** Publish `published` anew; the functions call the API as its owner. */
async function publishAsOwner(published: Published, at: TestApp) {
  const path = `${at.url}/api/shares/${published.metainfo.infoHash}`
  const first = createdShareSchema.parse(await (await postTorrent(at.url, published.torrent)).json())
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

export async function expectFault(response: Response, code: ErrorCode): Promise<string> {
  const { error } = errorBodySchema.parse(await response.json())
  expect(`${error.code} ${error.detail}`).toContain(`${code} `)
  return error.detail
}
