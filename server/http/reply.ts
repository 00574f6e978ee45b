import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { type AppError, toAppError } from '../../lib/base/errors.ts'
import messages from '../../lib/i18n/messages/en.json' with { type: 'json' }
import type { ErrorBody } from '../../lib/protocol/share.ts'
import { percentEncode } from '../../lib/torrent/percent-encode.ts'

/** A client that takes nothing for so long is cut off. */
const STALL_MS = 60_000

/** An answer of ours, as a value: handlers return it, `send` writes it. */
export interface Reply {
  readonly status: number
  readonly headers?: OutgoingHttpHeaders
  /** A stream lets go of what it holds when it is destroyed; `headers` tells its length. */
  readonly body?: string | Uint8Array | Readable
}

/** JSON that no cache keeps: it may hold keys or change at any time. */
export function json(status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  }
}

/** The one shape of errors (lib/protocol/share.ts); of what we did not expect it says only `internal`. */
export function errorReply(reason: unknown, headers?: OutgoingHttpHeaders): Reply {
  const { code, detail, status }: AppError = toAppError(reason)
  const body: ErrorBody = { error: { code, message: messages.errors[code], detail } }
  return json(status, body, {
    ...((code === 'server_busy' || code === 'too_many_shares') && { 'retry-after': '10' }),
    ...headers,
  })
}

/** Write `reply`; of a HEAD request everything but the body. */
export function send(response: ServerResponse, reply: Reply): void {
  const common = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  }
  if (reply.body instanceof Readable) {
    // The client is gone already, which `pipeline` would not tell the body.
    if (response.destroyed) {
      reply.body.destroy()
      return
    }
    response.setTimeout(STALL_MS, () => response.destroy())
    response.writeHead(reply.status, { ...common, ...reply.headers })
    // Either side's failure ends both: a body that is not whole must not look so.
    pipeline(reply.body, response, () => {})
    return
  }
  const body = Buffer.from(reply.body ?? '')
  // RFC 9110 section 8.6: a 204 has no Content-Length, and that of a 304 would be the length of what it stands for.
  const hasLength = reply.status !== 204 && reply.status !== 304
  response.writeHead(reply.status, {
    ...common,
    ...(hasLength && { 'content-length': body.length }),
    ...reply.headers,
  })
  // Node leaves the body of a HEAD reply out by itself.
  response.end(body)
}

/** `Content-Disposition` by RFC 6266: a plain name for old clients, the true one in UTF-8 (RFC 8187). */
export function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${percentEncode(name)}`
}
