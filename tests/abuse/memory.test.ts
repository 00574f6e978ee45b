import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeInfo, encodeTorrent } from '../../lib/torrent/encode-torrent.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { publishNamed, torrentNamed } from '../support/content/shares.ts'
import { sized } from '../support/long.ts'
import { startApp, type TestApp } from '../support/server/app.ts'
import { from, whileHonest } from '../support/server/honest.ts'

const ATTACKER = '198.51.100.7'
const COUNT = sized({ gate: 50, long: 150 })
const MB = 1e6

/** A `.torrent` of just below 8 MiB, the most that is taken. */
const pieces = randomBytes(20 * 400_000)
const largeInfo = encodeInfo({
  name: 'large',
  pieceLength: 16_384,
  pieces,
  private: false,
  length: 400_000 * 16_384,
})
const large = encodeTorrent({ infoBytes: largeInfo, announceList: [] })

let server: TestApp
let honest: InfoHash
beforeAll(async () => {
  server = await startApp({ TABSEED_TRUSTED_PROXIES: '127.0.0.1' }, { stallMs: 3_000 })
  honest = (await publishNamed(server.url, 'honest')).infoHash
})
afterAll(() => server[Symbol.asyncDispose]())

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes outside of JavaScript's heap, which is where bodies are. */
function heldBytes(): number {
  collect()
  return process.memoryUsage().arrayBuffers
}

function open(head: string): Socket {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`${head}\r\nHost: x\r\nX-Forwarded-For: ${ATTACKER}\r\n`)
  return socket
}

const post = (torrent: Uint8Array<ArrayBuffer>, address: string) =>
  fetch(`${server.url}/api/shares`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-bittorrent', ...from(address).headers },
    body: torrent,
  })

test(`${COUNT} sockets that ask for 8 MB and read nothing hold less than 100 MB, and are cut off`, {
  tags: 'sized',
}, async () => {
  const { share } = await (await post(large, '203.0.113.5')).json()
  const path = `/t/${share.infoHash}.torrent`
  const before = heldBytes()
  const sockets: Socket[] = []
  await whileHonest(server, honest, async () => {
    for (let at = 0; at < COUNT; at += 1) {
      const socket = open(`GET ${path} HTTP/1.1`)
      socket.write('\r\n')
      socket.pause()
      sockets.push(socket)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    // Before those that wait to be read are cut off.
    const refused = await fetch(server.url + path, from(ATTACKER))
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('10')
    // Of all but those, the log says how they ended.
    const held = 8
    await expect
      .poll(() => server.log().split(`"path":"${path}"`).length - 1, { timeout: 20_000 })
      .toBeGreaterThanOrEqual(COUNT - held)
    expect(server.log().split('"status":503').length - 1).toBeGreaterThan(COUNT / 4)
    expect(heldBytes() - before).toBeLessThan(100 * MB)
    // Another address gets the same file meanwhile.
    const got = await fetch(server.url + path, from('203.0.113.6'))
    expect((await got.arrayBuffer()).byteLength).toBeGreaterThan(8 * MB)
  })
  // Cut off, they make room for their own address too.
  await expect
    .poll(async () => (await fetch(server.url + path, from(ATTACKER))).status, { timeout: 15_000 })
    .toBe(200)
  await expect.poll(() => heldBytes() - before, { timeout: 15_000 }).toBeLessThan(20 * MB)
  for (const socket of sockets) socket.destroy()
})

test(`${COUNT} bodies that lack one byte hold less than 100 MB, and others publish meanwhile`, {
  tags: 'sized',
}, async () => {
  const before = heldBytes()
  const body = Buffer.alloc(8 * 1024 * 1024 - 1)
  const sockets: Socket[] = []
  await whileHonest(server, honest, async () => {
    for (let at = 0; at < COUNT; at += 1) {
      const socket = open('POST /api/shares HTTP/1.1')
      socket.write(`Content-Type: application/x-bittorrent\r\nContent-Length: ${body.length + 1}\r\n\r\n`)
      socket.write(body)
      sockets.push(socket)
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    // All that are let in have arrived.
    await expect
      .poll(() => sockets.filter(socket => socket.destroyed || socket.writableLength === 0).length, {
        timeout: 15_000,
      })
      .toBe(COUNT)
    expect(heldBytes() - body.length - before).toBeLessThan(100 * MB)
    expect((await post(torrentNamed('meanwhile'), '203.0.113.7')).status).toBe(201)
    expect((await post(large, '203.0.113.7')).status).toBe(200)
  })
  for (const socket of sockets) socket.destroy()
  await expect.poll(async () => (await post(large, ATTACKER)).status, { timeout: 10_000 }).toBe(200)
  await expect.poll(() => heldBytes() - body.length - before, { timeout: 15_000 }).toBeLessThan(30 * MB)
})

test('a body of unknown length counts as the largest', async () => {
  const sockets = Array.from({ length: 8 }, () => {
    const socket = open('POST /api/shares HTTP/1.1')
    socket.write('Content-Type: application/x-bittorrent\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n')
    return socket
  })
  const answers = await Promise.all(
    sockets.slice(5).map(async socket => {
      const [chunk] = await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })
      return String(chunk)
    }),
  )
  for (const answer of answers) expect(answer).toMatch(/^HTTP\/1\.1 503 /)
  for (const socket of sockets) socket.destroy()
})
