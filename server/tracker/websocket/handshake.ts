import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** RFC 6455 section 1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** Base64 of 16 bytes. */
const KEY = /^[+/0-9A-Za-z]{22}==$/
const PROTOCOL = /^\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*(?:,|$)/

interface Handshake {
  readonly accepted: boolean
  /** The complete answer: status line and headers. */
  readonly head: string
}

/** Answers a client's opening handshake (RFC 6455 section 4.2), without extensions. */
export function answerHandshake({ headers, method }: IncomingMessage): Handshake {
  const key = headers['sec-websocket-key']
  if (method !== 'GET') return refusal('405 Method Not Allowed', ['Allow: GET'])
  if (headers.upgrade?.toLowerCase() !== 'websocket' || key === undefined || !KEY.test(key)) {
    return refusal('400 Bad Request')
  }
  if (headers['sec-websocket-version'] !== '13') {
    return refusal('426 Upgrade Required', ['Sec-WebSocket-Version: 13'])
  }
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64')
  // A browser that asks for subprotocols fails without one; ours is the same under any name.
  const protocol = PROTOCOL.exec(headers['sec-websocket-protocol'] ?? '')?.[1]
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
  ]
  return { accepted: true, head: `${lines.join('\r\n')}\r\n\r\n` }
}

/** An answer that refuses an upgrade; `status` is code and reason, `lines` are headers. */
export function refusal(status: string, lines: readonly string[] = []): Handshake {
  const head = [`HTTP/1.1 ${status}`, 'Connection: close', 'Content-Length: 0', ...lines]
  return { accepted: false, head: `${head.join('\r\n')}\r\n\r\n` }
}
