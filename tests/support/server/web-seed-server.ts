import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request to a web seed: `from` and `to` as in its Range header, both included. */
export interface Asked {
  readonly path: string
  readonly from: number
  readonly to: number
  /** The part that was asked for. */
  readonly part: Uint8Array
  readonly file: Uint8Array
  readonly response: ServerResponse
  /** Answer as a good server does, with some headers or bytes of other values. */
  answer(change?: {
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: Uint8Array
  }): void
}

/** Answers as a good server does on a line of so many bytes a second. */
export const slowly =
  (rate: number) =>
  ({ file, from, part, response, to }: Asked): void => {
    response.writeHead(206, {
      'content-range': `bytes ${from}-${to}/${file.length}`,
      'content-length': String(part.length),
    })
    let sent = 0
    const step = setInterval(() => {
      response.write(part.subarray(sent, sent + rate / 10))
      sent += rate / 10
      if (sent >= part.length) response.end()
    }, 100)
    response.once('close', () => clearInterval(step))
  }

/**
 * A real HTTP server on 127.0.0.1 that has `files` (decoded path below the root to content) and answers each request
 * for a range with `behave`, which the test may replace at any time.
 */
export async function startWebSeed(files: Readonly<Record<string, Uint8Array>>) {
  const asked: Asked[] = []
  const good = (request: Asked) => request.answer()
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'range')
    response.setHeader('access-control-expose-headers', 'content-range, retry-after')
    const path = decodeURIComponent((request.url ?? '').slice(1))
    const file = files[path]
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    if (!file || !range) {
      response.writeHead(request.method === 'OPTIONS' ? 204 : 404).end()
      return
    }
    const [from, to] = [Number(range[1]), Number(range[2])]
    const part = file.subarray(from, to + 1)
    const entry: Asked = {
      path,
      from,
      to,
      part,
      file,
      response,
      answer({ status = 206, headers = {}, body = part } = {}) {
        response.writeHead(status, {
          'content-range': `bytes ${from}-${to}/${file.length}`,
          'content-length': String(body.length),
          ...headers,
        })
        response.end(body)
      },
    }
    asked.push(entry)
    seed.behave(entry)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const seed = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked: asked as readonly Asked[],
    behave: good,
    /** What a good server does. */
    good,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return seed
}
