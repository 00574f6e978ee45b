import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { type AppError, toAppError } from '../lib/errors.ts'
import messages from '../lib/i18n/messages/en.json' with { type: 'json' }
import type { ErrorBody } from '../lib/protocol/share.ts'

/** An answer of ours, as a value: handlers return it, `send` writes it. */
export interface Reply {
  readonly status: number
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
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
  return json(status, body, headers)
}

/** Write `reply`; of a HEAD request everything but the body. */
export function send(response: ServerResponse, reply: Reply): void {
  const body = Buffer.from(reply.body ?? '')
  response.writeHead(reply.status, {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    // RFC 9110 section 8.6: a 204 has no Content-Length.
    ...(reply.status === 204 ? {} : { 'content-length': body.length }),
    ...reply.headers,
  })
  // Node leaves the body of a HEAD reply out by itself.
  response.end(body)
}
