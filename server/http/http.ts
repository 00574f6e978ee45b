import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { AppError, ERROR_STATUS, toAppError } from '../../lib/base/errors.ts'
import type { Log } from '../base/log.ts'
import { errorReply, send } from './reply.ts'
import type { Router } from './routes.ts'

/** Answers a request for a page. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

interface HttpOptions {
  readonly log: Log
  readonly route: Router
  readonly pages: PageHandler
  readonly isStopping: () => boolean
}

/** Lines about these come by the thousand and say little. */
const QUIET = /^\/(announce|scrape|healthz|w\/.*|_next\/.*)$/

/** The one HTTP server: our own routes first, pages for the rest. */
export function createHttpServer({ log, route, pages, isStopping }: HttpOptions): Server {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      keepAliveTimeout: 5_000,
      // How often the first two are looked at.
      connectionsCheckingInterval: 5_000,
      // RFC 9110 section 7.8: an upgrade we do not speak (curl offers h2c) is ignored, not refused.
      shouldUpgradeCallback: request => request.headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      const [path, query] = splitUrl(request.url ?? '')
      logWhenDone(request, response, path)
      answer(path, query, request, response).catch(reason => {
        const error = toAppError(reason)
        if (error.code === 'internal')
          log.error({ err: reason, method: request.method, path }, 'request failed')
        if (response.headersSent) response.destroy()
        else send(response, errorReply(error))
      })
    },
  )
  return server

  async function answer(path: string, query: string, request: IncomingMessage, response: ServerResponse) {
    if (isStopping()) response.shouldKeepAlive = false
    // Absolute and asterisk forms (RFC 9112 section 3.2) are for proxies, which this is not.
    if (!path.startsWith('/')) throw new AppError('bad_request', 'the request target is not a path')
    const reply = route(path, { request, query })
    if (reply !== undefined) send(response, await reply)
    else if (isStopping()) throw new AppError('server_stopping')
    else await pages(request, response)
  }

  function logWhenDone(request: IncomingMessage, response: ServerResponse, path: string): void {
    const start = performance.now()
    response.on('close', () => {
      const level = QUIET.test(path) ? 'debug' : 'info'
      const status = response.headersSent ? response.statusCode : ERROR_STATUS.cancelled
      const ms = Math.round(performance.now() - start)
      log[level]({ method: request.method, path, status, ms }, 'request')
      // A connection that becomes idle now would keep `server.close()` waiting.
      if (isStopping()) setImmediate(() => server.closeIdleConnections())
    })
  }
}

function splitUrl(url: string): [path: string, query: string] {
  const mark = url.indexOf('?')
  return mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark + 1)]
}
