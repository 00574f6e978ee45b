import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { AppError } from '../../../lib/base/errors.ts'
import { createLog } from '../../../server/base/log.ts'
import { createHttpServer } from '../../../server/http/http.ts'
import { RequestOrigin } from '../../../server/http/origin.ts'
import { routerOf } from '../../../server/http/router.ts'
import { FilesElsewhere, type Holder } from '../../../server/web-seeds/files-elsewhere.ts'
import { WebSeed } from '../../../server/web-seeds/web-seed.ts'
import { endAfterEach } from '../../support/server/test-ends.ts'

const INFO_HASH = 'a'.repeat(40)

const { ends } = endAfterEach()

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
async function serve(...holders: readonly Holder[]) {
  const log = createLog('silent')
  const origin = new RequestOrigin({ publicUrl: undefined, trustedProxies: [] }, log)
  const webSeed = new WebSeed({ hosted: { find: () => null }, limit: null, log })
  const known = new Set(holders)
  const elsewhere = new FilesElsewhere({ holders: () => [...known], webSeed, origin, log })
  const route = routerOf([
    {
      path: /^\/w\/([^/]*)(?:\/(.*))?$/,
      methods: {
        get: async ({ name, request, rest }) =>
          (await elsewhere.answer(name, rest, request)) ??
          webSeed.answer(name, rest, request, origin.network(request)),
      },
    },
  ])
  const pages = async () => {
    throw new AppError('route_not_found')
  }
  const server = createHttpServer({ log, origin, limited: true, isStopping: () => false, route, pages })
  return { file: `${await listen(server)}/w/${INFO_HASH}/file`, known, webSeed }
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
