import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { AppError, ERROR_STATUS, type ErrorCode, toAppError } from '../../lib/base/errors.ts'
import { isDiskFull } from '../base/disk-full.ts'
import type { Log } from '../base/log.ts'
import { HeldBytes } from './limits/held-bytes.ts'
import { KeyBrake } from './limits/key-brake.ts'
import type { RequestOrigin } from './origin.ts'
import { errorReply, type Reply, send } from './reply.ts'

/** A request and its query, as a router takes it. */
export interface RoutedRequest {
  readonly request: IncomingMessage
  /** What is after `?`, still encoded. */
  readonly query: string
}

/** Answers a request to one of our own paths; undefined leaves it to the pages. Never throws. */
export type Router = (path: string, call: RoutedRequest) => Promise<Reply> | undefined

interface HttpOptions {
  readonly log: Log
  readonly origin: RequestOrigin
  /** Whether the bytes that clients make this server hold are limited; false for load tests. */
  readonly limited: boolean
  readonly route: Router
  /** Answers a request for a page. */
  readonly pages: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly isStopping: () => boolean
  /** Called with the code of each answer that reports a failure. */
  readonly onFailed?: ((code: ErrorCode) => void) | undefined
  /** Milliseconds for which an idle connection stays open. Default: 5 s. */
  readonly keepAliveMs?: number | undefined
  /** Milliseconds after which a client that reads nothing of an answer is cut off. Default: 60 s. */
  readonly stallMs?: number | undefined
}

/** Requests that come by the thousand and are logged at debug level. */
const QUIET = /^\/(announce|scrape|healthz|readyz|w\/.*|_next\/.*)$/

/** Milliseconds in which a body that nobody reads any more must end, after the answer. */
const UNREAD_LIMIT_MS = 30_000

/** An answer may come before the body has: its rest is not waited for. */
function cutUnread(request: IncomingMessage, response: ServerResponse): void {
  response.on('finish', () => {
    if (request.complete) return
    const { socket } = request
    const cut = setTimeout(() => {
      if (!request.complete) socket.destroy()
    }, UNREAD_LIMIT_MS)
    cut.unref()
    request.once('close', () => clearTimeout(cut))
  })
}

/** Called when nothing has been received or sent for `ms`; Node watches how much of its queue has left. */
function cutStalled(response: ServerResponse, ms: number): void {
  if (response.headersSent) response.destroy()
  // The answer is still being made.
  else response.socket?.setTimeout(ms)
}

/** The one HTTP server: our own routes first, pages for the rest. */
export function createHttpServer({
  log,
  origin,
  limited,
  route,
  pages,
  isStopping,
  onFailed,
  keepAliveMs = 5_000,
  stallMs = 60_000,
}: HttpOptions): Server {
  const held = new HeldBytes({ enabled: limited, origin })
  const keyBrake = new KeyBrake({ enabled: limited, origin })
  const server = createServer(
    {
      headersTimeout: 10_000,
      // No limit on the whole: a slow line is no fault. `readBody` checks that a body makes progress.
      requestTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      // How often the first two are checked.
      connectionsCheckingInterval: 5_000,
      // RFC 9110 section 7.8: an unsupported upgrade (curl offers h2c) is ignored, not refused.
      shouldUpgradeCallback: request => request.headers.upgrade?.toLowerCase() === 'websocket',
    },
    (request, response) => {
      const [path, query] = splitUrl(request.url ?? '')
      logWhenDone(request, response, path)
      cutUnread(request, response)
      response.setTimeout(stallMs, () => cutStalled(response, stallMs))
      answer(path, query, request, response)
        .catch(reason => sayFailure(reason, request, response, path))
        .catch(() => response.destroy())
    },
  )
  return server

  async function answer(path: string, query: string, request: IncomingMessage, response: ServerResponse) {
    if (isStopping()) response.shouldKeepAlive = false
    // Absolute and asterisk forms (RFC 9112 section 3.2) are for proxies; this is none.
    if (!path.startsWith('/')) throw new AppError('bad_request', 'the request target is not a path')
    keyBrake.check(request)
    held.takeBody(request, response)
    const reply = route(path, { request, query })
    if (reply !== undefined) {
      const value = await reply
      keyBrake.count(value, request)
      if (value.error !== undefined) onFailed?.(value.error)
      held.takeAnswer(value, request, response)
      await send(response, value)
    } else if (isStopping()) throw new AppError('server_stopping')
    else await pages(request, response)
  }

  async function sayFailure(
    reason: unknown,
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<void> {
    const error = isDiskFull(reason) ? new AppError('server_full', '', { cause: reason }) : toAppError(reason)
    onFailed?.(error.code)
    if (error.code === 'internal' || error.code === 'server_full') logFailure(reason, request, path)
    if (response.headersSent) response.destroy()
    else await send(response, errorReply(error))
  }

  /** A fault of the disk in one line; its stack would name our code, which is not to blame. */
  function logFailure(reason: unknown, { method }: IncomingMessage, path: string): void {
    const code = reason instanceof Error && 'code' in reason ? String(reason.code) : ''
    if (isDiskFull(reason)) log.error({ code, method, path }, 'there is no room on the disk of this server')
    else if (/^SQLITE_(CORRUPT|NOTADB|IOERR)/.test(code)) {
      log.error(
        { code, method, path },
        'the database is damaged or cannot be read: bring it back from a backup',
      )
    } else log.error({ err: reason, method, path }, 'request failed')
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
