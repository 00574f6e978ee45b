import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startServer, type TestServer } from '../../support/server/test-server.ts'

describe.each([
  { mode: 'production', args: [] },
  { mode: 'development', args: ['--dev'] },
])('upgrades in $mode', ({ mode, args }) => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer(args)
    // Next attaches its own upgrade listener at the first request for a page.
    expect((await fetch(server.url)).status).toBe(200)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** The whole answer to an upgrade request, until the server closes the connection. */
  async function upgrade(path: string, protocol = 'websocket'): Promise<string> {
    const { port, host } = new URL(server.url)
    const socket = connect(Number(port), '127.0.0.1')
    const connection = protocol === 'websocket' ? 'Upgrade' : 'Upgrade, close'
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${connection}\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
    )
    return text(socket)
  }

  test('the tracker has /announce', async () => {
    const { infoHash } = await publishNamed(server.url, mode)
    using client = await TrackerClient.open(server.announceUrl)
    expect(await client.announce(infoHash, peerIdNamed('p'), { left: 0 })).toMatchObject({ complete: 1 })
    using withQuery = await TrackerClient.open(`${server.announceUrl}?key=1`)
    expect(await withQuery.announce(infoHash, peerIdNamed('q'), { left: 0 })).toMatchObject({ complete: 2 })
  })

  test.each(['/', '/d/x', '/api/shares', '/announce/x', '/other'])('%s is refused and closed', async path => {
    expect(await upgrade(path)).toMatch(/^HTTP\/1.1 404 /)
  })

  test('a broken handshake is refused and closed', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    socket.write('GET /announce HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /)
  })

  test('an upgrade to something else is ignored', async () => {
    expect(await upgrade('/healthz', 'h2c')).toMatch(/^HTTP\/1.1 200 /)
  })

  test(`the hot reload socket ${mode === 'production' ? 'does not exist' : 'opens'}`, async () => {
    if (mode === 'production') {
      expect(await upgrade('/_next/hmr')).toMatch(/^HTTP\/1.1 404 /)
      return
    }
    const socket = new WebSocket(`${server.url.replace(/^http/, 'ws')}/_next/hmr`, { origin: server.url })
    const [message] = await once(socket, 'message')
    expect(String(message).length).toBeGreaterThan(0)
    expect(await server.stop()).toBe(0)
  })
})
