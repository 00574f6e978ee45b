import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readBody } from '../../../server/http/body.ts'
import { errorReply, send } from '../../../server/http/reply.ts'
import { torrentNamed } from '../../support/content/shares.ts'
import { startApp } from '../../support/server/app.ts'

/** Sends `body` in `parts` parts, one every `everyMs`; what comes back. */
async function slowly(port: number, body: Uint8Array, parts: number, everyMs: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const answer = text(socket)
  socket.write(
    `POST /api/shares HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-bittorrent\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  const size = Math.ceil(body.length / parts)
  for (let at = 0; at < body.length && socket.writable; at += size) {
    socket.write(body.subarray(at, at + size))
    await delay(everyMs)
  }
  return answer
}

test('an upload that takes longer than any limit is published while it moves', {
  tags: 'long',
  timeout: 60_000,
}, async () => {
  await using server = await startApp()
  const port = Number(new URL(server.url).port)
  const torrent = torrentNamed('slow', 'x'.repeat(4_000))
  // 40 s in all: ten more than a whole request once had.
  const [published, refused] = await Promise.all([
    slowly(port, torrent, 40, 1_000),
    slowly(port, new Uint8Array(4_000), 40, 1_000),
  ])
  expect(published).toMatch(/^HTTP\/1\.1 201 /)
  expect(refused).toMatch(/^HTTP\/1\.1 422 /)
  expect(refused).toContain('"code":"metainfo_syntax"')
})

test('one that stands still, or nearly so, is cut with 408', async () => {
  const stall = { spanMs: 300, bytesMin: 100 }
  const server = createServer((request, response) => {
    readBody(request, 10_000, stall).then(
      () => response.end('read'),
      async reason => {
        await send(response, errorReply(reason))
      },
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const body = new Uint8Array(2_000)
  try {
    expect(await slowly(port, body, 20, 50)).toContain('read')
    for (const [parts, everyMs] of [
      [2, 2_000],
      [2_000, 20],
    ] as const) {
      const answer = await slowly(port, body, parts, everyMs)
      expect(answer).toMatch(/^HTTP\/1\.1 408 /)
      expect(answer).toContain('"code":"upload_stalled"')
    }
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
