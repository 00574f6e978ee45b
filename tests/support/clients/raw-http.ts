import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

/** The whole answer to a GET request with any request target and Host header, which `fetch` would not send. */
export function rawAnswer(url: string, target: string, host: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  return text(socket)
}
