import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { pipeline, Readable } from 'node:stream'
import { type AppError, type ErrorCode, toAppError } from '../../lib/base/errors.ts'
import messages from '../../lib/i18n/messages/en.json' with { type: 'json' }
import type { ErrorBody } from '../../lib/protocol/share.ts'
import { percentEncode } from '../../lib/torrent/percent-encode.ts'
import { chooseEncoding, type EncodedBody, encode, isCompressible, isWorthwhile } from './encoding.ts'
import { encodedTag, knownTag } from './etag.ts'
import { utf8InTurns } from './turns.ts'

/** An answer as a value: handlers return it, `send` writes it. */
export interface Reply {
  readonly status: number
  readonly headers?: OutgoingHttpHeaders
  /** A stream frees its resources when it is destroyed; `headers` has its length. */
  readonly body?: string | Uint8Array | Readable
  /** The error code of an answer that reports a failure. */
  readonly error?: ErrorCode
  /** The same body, compressed beforehand. */
  readonly encodings?: EncodedBody | undefined
}

/** JSON that no cache stores: it may contain keys or change at any time. */
export const json = (status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Reply =>
  writtenJson(status, JSON.stringify(value), headers)

/** The same of JSON that is written already, as text or in UTF-8. */
export function writtenJson(
  status: number,
  body: string | Uint8Array,
  headers: OutgoingHttpHeaders = {},
): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body,
  }
}

/** The one shape of errors (lib/protocol/share.ts); an unexpected one is only `internal`. */
export function errorReply(reason: unknown, headers?: OutgoingHttpHeaders): Reply {
  const { code, detail, status }: AppError = toAppError(reason)
  const body: ErrorBody = { error: { code, message: messages.errors[code], detail } }
  const reply = json(status, body, {
    ...((code === 'server_busy' || code === 'too_many_shares' || code === 'too_many_requests') && {
      'retry-after': '10',
    }),
    ...(code === 'database_away' && { 'retry-after': '5' }),
    // Its rest would be taken for the next request.
    ...((code === 'upload_stalled' || code === 'server_busy') && { connection: 'close' }),
    ...headers,
  })
  return { ...reply, error: code }
}

const COMMON: OutgoingHttpHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
}

/** Write `reply`, compressed if that is worthwhile and the client takes it; of a HEAD request everything but the body. */
export async function send(response: ServerResponse, reply: Reply): Promise<void> {
  if (reply.body instanceof Readable) return sendStream(response, reply, reply.body)
  const { body, headers } = await encoded(response.req.headers, reply)
  if (response.destroyed) return
  // RFC 9110 section 8.6: a 204 has no Content-Length, and that of a 304 would be the length of the body it stands for.
  const hasLength = reply.status !== 204 && reply.status !== 304
  response.writeHead(reply.status, {
    ...COMMON,
    ...(hasLength && { 'content-length': body.length }),
    ...headers,
  })
  // Node omits the body of a HEAD reply.
  response.end(body)
}

function sendStream(response: ServerResponse, { headers, status }: Reply, body: Readable): void {
  // The client has left; `pipeline` would not destroy the body.
  if (response.destroyed) {
    body.destroy()
    return
  }
  response.writeHead(status, { ...COMMON, ...headers })
  // A failure of either side ends both: an incomplete body must not look complete.
  pipeline(body, response, () => {})
}

interface Written {
  readonly headers: OutgoingHttpHeaders
  readonly body: Uint8Array
}

/** Body and headers in the coding that the client prefers. Answers that may hold a key (201) are left as they are. */
async function encoded(request: IncomingHttpHeaders, reply: Reply): Promise<Written> {
  const { encodings, headers = {}, status } = reply
  const body = await bytesOf((reply.body as string | Uint8Array | undefined) ?? '')
  const etag = typeof headers['etag'] === 'string' ? headers['etag'] : undefined
  if (!(status === 200 || status === 304) || !isCompressible(headers['content-type']))
    return { headers, body }
  const varied = { ...headers, vary: 'Accept-Encoding' }
  if (status === 304) {
    const known = etag && knownTag(request['if-none-match'] ?? '', etag)
    return { headers: { ...varied, ...(known && { etag: known }) }, body }
  }
  const encoding = chooseEncoding(request['accept-encoding'])
  if (encoding === null || !isWorthwhile(body)) return { headers: varied, body }
  return {
    headers: {
      ...varied,
      'content-encoding': encoding,
      ...(etag !== undefined && { etag: encodedTag(etag, encoding) }),
    },
    body: encodings?.[encoding] ?? (await encode(body, encoding)),
  }
}

/** Bytes are not copied. */
const bytesOf = async (body: string | Uint8Array): Promise<Buffer> =>
  typeof body === 'string' ? utf8InTurns(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)

/** `Content-Disposition` by RFC 6266: an ASCII name for old clients, the full one in UTF-8 (RFC 8187). */
export function attachment(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  return `attachment; filename="${plain}"; filename*=UTF-8''${percentEncode(name)}`
}
