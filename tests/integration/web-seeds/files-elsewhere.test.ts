import { once } from 'node:events'
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { AppError } from '../../../lib/base/errors.ts'
import { parseRange } from '../../../lib/play/range.ts'
import { createLog } from '../../../server/base/log.ts'
import { createHttpServer } from '../../../server/http/http.ts'
import { RequestOrigin } from '../../../server/http/origin.ts'
import { routerOf } from '../../../server/http/router.ts'
import { FilesElsewhere, type Holder } from '../../../server/web-seeds/files-elsewhere.ts'
import type { HostedShares } from '../../../server/web-seeds/hosted-shares.ts'
import { fileRoute } from '../../../server/web-seeds/route.ts'
import { WebSeed } from '../../../server/web-seeds/web-seed.ts'
import { download, failed, one } from '../../support/clients/http-download.ts'
import { noise } from '../../support/content/fixtures.ts'
import { publishedContent, TestHostedShares } from '../../support/content/hosted-shares.ts'
import { sendRange } from '../../support/server/bucket.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const INFO_HASH = 'a'.repeat(40)

const log = createLog('silent')
const { ends, inFolder } = endAfterEach()

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const holder = async (listener: RequestListener): Promise<Holder> => ({
  url: '',
  insideUrl: await listen(createServer(listener)),
  isOwn: false,
})

/** A server that has nothing, and reaches these inside: address of a file. */
const serve = (...holders: readonly Holder[]) => serveWith({ holders })

/** A server that has what is `hosted`, reaches these holders inside, and knows this address of each file in a bucket. */
async function serveWith({
  bucket = null,
  holders,
  hosted = { find: () => null },
}: {
  readonly holders: readonly Holder[]
  readonly hosted?: HostedShares
  readonly bucket?: string | null
}) {
  const origin = new RequestOrigin({ publicUrl: undefined, trustedProxies: [] }, log)
  const webSeed = new WebSeed({ hosted, limit: null, log })
  const known = new Set(holders)
  const bucketLink = async () => bucket
  const elsewhere = new FilesElsewhere({ holders: () => [...known], bucketLink, webSeed, origin, log })
  const route = routerOf([fileRoute({ redirect: undefined, elsewhere, origin, webSeed })])
  const pages = async () => {
    throw new AppError('route_not_found')
  }
  const server = createHttpServer({ log, origin, limited: true, isStopping: () => false, route, pages })
  const url = await listen(server)
  return { url, file: `${url}/w/${INFO_HASH}/file`, known, webSeed }
}

const answer = async (url: string) => {
  const reply = await fetch(url)
  return [reply.status, await reply.text()]
}

test('a holder that fails, is busy or redirects is passed over for one that has the file', async () => {
  const asked: (string | undefined)[] = []
  const failing = [404, 500, 503, 302].map(status =>
    holder((request, response) => {
      asked.push(request.url)
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('no')
    }),
  )
  const headers = { 'content-length': 4, 'set-cookie': 'a=b', 'x-other': 'c', etag: '"e"' }
  const good = holder((_, response) => response.writeHead(200, headers).end('file'))
  const { file } = await serve(...(await Promise.all([...failing, good])))
  for (let count = 0; count < 10; count += 1) {
    const reply = await fetch(file)
    expect([reply.status, await reply.text(), reply.headers.get('etag')]).toEqual([200, 'file', '"e"'])
    for (const name of ['set-cookie', 'x-other']) expect(reply.headers.get(name)).toBeNull()
  }
  expect(new Set(asked)).toEqual(new Set([`/w/${INFO_HASH}/file?here=1`]))

  const { file: other } = await serve(...(await Promise.all(failing.slice(0, 2))))
  expect((await answer(other))[0]).toBe(404)
  const { file: busy } = await serve(...(await Promise.all(failing)))
  expect((await answer(busy))[0]).toBe(503)
})

test('an answer that breaks off at the holder breaks off here, and holds no place', async () => {
  const breaking = await holder((_, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('some')
    setImmediate(() => response.destroy())
  })
  const { file } = await serve(breaking)
  // As many as one address has at a time, and more.
  for (let count = 0; count < 70; count += 1) await expect(answer(file)).rejects.toThrow()
})

test('of holders that say nothing 64 requests are waited for, and then more', async () => {
  const waiting: (() => void)[] = []
  const silent = await holder((_, response) => {
    waiting.push(() => response.writeHead(200, { 'content-length': 2 }).end('ok'))
  })
  const { file } = await serve(silent)
  const first = Array.from({ length: 64 }, () => answer(file))
  await vi.waitFor(() => expect(waiting).toHaveLength(64))
  expect((await answer(file))[0]).toBe(503)
  for (const go of waiting.splice(0)) go()
  for (const reply of await Promise.all(first)) expect(reply).toEqual([200, 'ok'])
  const later = answer(file)
  await vi.waitFor(() => expect(waiting).toHaveLength(1))
  waiting[0]?.()
  expect(await later).toEqual([200, 'ok'])
})

test('what is taken down while a holder is asked is not passed on', async () => {
  let go = () => {}
  const slow = await holder((_, response) => {
    go = () => response.writeHead(200, { 'content-length': 2 }).end('ok')
    asked()
  })
  let asked = () => {}
  const isAsked = new Promise<void>(resolve => {
    asked = resolve
  })
  const { file, known } = await serve(slow)
  const reply = answer(file)
  await isAsked
  known.clear()
  go()
  expect((await reply)[0]).toBe(404)
})

const PIECE = 16_384
const LENGTH = 40 * PIECE
/** In the third chunk that is sent. */
const BAD_PIECE = 35

/** A file that is damaged on the disk of a server, and holders of it that answer as `listeners` say. */
async function damaged(
  { badPiece = BAD_PIECE, bucket = false }: { readonly badPiece?: number; readonly bucket?: boolean },
  ...listeners: readonly ((whole: Uint8Array) => RequestListener)[]
) {
  const whole = noise(LENGTH, 5)
  const published = await publishedContent('file', whole, PIECE)
  const hosted = new TestHostedShares(inFolder())
  const share = hosted.hold(published)
  const bytes = new Uint8Array(whole)
  bytes[badPiece * PIECE] = (bytes[badPiece * PIECE] ?? 0) ^ 1
  writeFileSync(share.path(0), bytes)
  const holders = await Promise.all(listeners.map(listener => holder(listener(whole))))
  const links = bucket ? holders.splice(0, 1) : []
  const server = await serveWith({
    hosted,
    holders,
    bucket: links[0] ? `${links[0].insideUrl}/signed?key` : null,
  })
  return { whole, share, file: `${server.url}/w/${published.metainfo.infoHash}/file` }
}

/** A holder as it should be. */
const good =
  (whole: Uint8Array, asked?: string[]): RequestListener =>
  (request, response) => {
    asked?.push(`${request.url} ${request.headers.range ?? ''}`)
    const range = parseRange(request.headers.range ?? null, whole.length)
    if (range === null || range === 'unsatisfiable') response.writeHead(200).end(whole)
    else sendRange(response, range, whole)
  }

test('what a holder sends is passed on as it is; a reader who checks what comes finds out', async () => {
  const other = noise(one.bytes.length, 9)
  const { url } = await serve(await holder(good(other)))
  const base = `${url}/w/${one.metainfo.infoHash}/`
  const plain = await fetch(base + encodeURIComponent(one.metainfo.name))
  expect(Buffer.from(await plain.arrayBuffer()).equals(other)).toBe(true)
  const swarm = await failed(await download(one, [base]), one)
  expect([swarm.webSeeds[0]?.fault, swarm.downloaded]).toEqual(['false_pieces', 0])
})

describe('a file that is damaged here', () => {
  test('goes on with what another holder has, from the first byte that was not sent', async () => {
    const asked: string[] = []
    const { file, share, whole } = await damaged({}, bytes => good(bytes, asked))
    const reply = await fetch(file)
    expect([reply.status, reply.headers.get('content-length')]).toEqual([200, `${LENGTH}`])
    expect(Buffer.from(await reply.arrayBuffer()).equals(whole)).toBe(true)
    expect(asked).toEqual([expect.stringMatching(`here=1 bytes=${32 * PIECE}-${LENGTH - 1}$`)])
    expect(share.damagedPieces).toEqual([BAD_PIECE])
    const part = await fetch(file, { headers: { range: `bytes=5-${LENGTH - 6}` } })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(5, LENGTH - 5))).toBe(true)
  })

  test('is answered by another holder from the beginning if it is damaged there, or is not as long as it was', async () => {
    const asked: string[] = []
    const { file, share, whole } = await damaged({ badPiece: 0 }, bytes => good(bytes, asked))
    for (const damage of ['a bit', 'the end', 'all']) {
      if (damage === 'the end') truncateSync(share.path(0), LENGTH - 1)
      if (damage === 'all') rmSync(share.path(0))
      const reply = await fetch(file)
      expect([damage, reply.status]).toEqual([damage, 200])
      expect(Buffer.from(await reply.arrayBuffer()).equals(whole)).toBe(true)
    }
    expect(asked).toHaveLength(3)
    expect(share.damagedPieces).toEqual([0, 39, 39])
    // Who was sent here is sent no further.
    const last = await fetch(`${file}?here=1`)
    expect([last.status, await last.text()]).toEqual([500, expect.stringContaining('held_file_damaged')])
    expect(asked).toHaveLength(3)
  })

  test('comes from the bucket if no seeder has it', async () => {
    const asked: string[] = []
    const no: RequestListener = (_, response) => response.writeHead(404).end()
    const { file, whole } = await damaged(
      { bucket: true },
      bytes => good(bytes, asked),
      () => no,
    )
    expect(Buffer.from(await (await fetch(file)).arrayBuffer()).equals(whole)).toBe(true)
    expect(asked).toEqual([`/signed?key bytes=${32 * PIECE}-${LENGTH - 1}`])
  })

  test.each<[string, (whole: Uint8Array) => RequestListener]>([
    ['sends all of it', whole => (_, response) => response.writeHead(200).end(whole)],
    [
      'sends another range',
      whole => (_, response) => sendRange(response, { start: 0, end: 8 * PIECE }, whole),
    ],
    ['redirects', () => (_, response) => response.writeHead(307, { location: '/' }).end()],
    ['has it no more', () => (_, response) => response.writeHead(404).end()],
    [
      'breaks off',
      whole => (_, response) => {
        response.writeHead(206, { 'content-range': `bytes ${32 * PIECE}-${LENGTH - 1}/${LENGTH}` })
        response.write(whole.subarray(32 * PIECE, 33 * PIECE))
        setImmediate(() => response.destroy())
      },
    ],
    [
      'sends too much',
      whole => (_, response) => {
        response.writeHead(206, { 'content-range': `bytes ${32 * PIECE}-${LENGTH - 1}/${LENGTH}` })
        response.write(whole.subarray(32 * PIECE))
        response.end('more')
      },
    ],
  ])('breaks off where the only holder %s, and sends no wrong byte', async (_, listener) => {
    const { file, whole } = await damaged({}, listener)
    const got: Uint8Array[] = []
    await expect(async () => {
      for await (const chunk of (await fetch(file)).body ?? []) got.push(chunk)
      throw new Error(Buffer.concat(got).equals(whole) ? 'all of it is right' : 'it ended')
    }).rejects.toThrow(_ === 'sends too much' ? /terminated|all of it is right/ : 'terminated')
    const bytes = Buffer.concat(got)
    expect(bytes.equals(whole.subarray(0, bytes.length))).toBe(true)
  })

  test('asks a holder no longer than its reader waits', async () => {
    let ended = () => {}
    const isEnded = new Promise<void>(resolve => {
      ended = resolve
    })
    const begun: ServerResponse[] = []
    const { file } = await damaged({}, () => (request, response) => {
      begun.push(response)
      request.socket.once('close', ended)
    })
    const abort = new AbortController()
    const reply = await fetch(file, { signal: abort.signal })
    const read = reply.arrayBuffer().catch(() => 'aborted')
    await vi.waitFor(() => expect(begun).toHaveLength(1))
    abort.abort()
    expect(await read).toBe('aborted')
    await isEnded
  })
})
