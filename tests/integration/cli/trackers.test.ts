import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../../support/clients/cli.ts'
import { noise, tempFolder, writeTree } from '../../support/content/fixtures.ts'

const folder = tempFolder()
const servers: Server[] = []
const tabseed = (...args: string[]) => runCli(folder.path, ...args)

beforeAll(() => {
  writeTree(folder.path, { 'one.bin': noise(100_000, 9) })
})
afterAll(() => {
  for (const server of servers) server.close()
  folder[Symbol.dispose]()
})

/** Address of an HTTP server, without the scheme. */
async function serverAt(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

const refuses: RequestListener = (_, response) => response.end('d14:failure reason20:unregistered torrente')

/** What `get` says of a torrent with these trackers. */
async function got(...trackers: readonly string[]) {
  const made = await tabseed('create', '-f', '-d', '-o', 'one.torrent', '-a', trackers.join(','), 'one.bin')
  expect(made.code, made.stderr).toBe(0)
  const args = ['get', '-o', 'empty', '--idle-timeout', '4', 'one.torrent']
  const [plain, json] = [await tabseed(...args), await tabseed(...args, '--json')]
  return { plain, json, lines: plain.stderr.split('\n').filter(line => line.startsWith('tracker ')) }
}

describe('a tracker that does not help is named once, with the reason', () => {
  test('over HTTP and WebSocket: refused, closed, no such name, another status', {
    tags: 'long',
  }, async () => {
    const refusing = await serverAt(refuses)
    const missing = await serverAt((_, response) => response.writeHead(404).end())
    const closed = await serverAt(refuses)
    servers.pop()?.close()
    const cases = [
      [`http://${refusing}/announce`, 'unregistered torrent'],
      [`http://${closed}/announce`, 'ECONNREFUSED'],
      [`http://nowhere.invalid/announce`, 'ENOTFOUND'],
      [`http://${missing}/announce`, '404'],
      [`ws://${closed}/announce`, 'ECONNREFUSED'],
      [`ws://${missing}/announce`, '404'],
    ] as const
    const { json, lines, plain } = await got(...cases.map(([url]) => url))
    expect([plain.code, json.code]).toEqual([3, 3])
    expect(lines).toHaveLength(cases.length)
    const told = json.stderr.split('\n').flatMap(line => (line.startsWith('{') ? [JSON.parse(line)] : []))
    const last = told.filter(({ progress }) => progress).at(-1).progress
    for (const [url, reason] of cases) {
      expect(lines.find(line => line.startsWith(`tracker ${url}: `))).toContain(reason)
      expect(told.filter(({ tracker }) => tracker?.url === url)).toEqual([
        { tracker: { url, problem: expect.stringContaining(reason) } },
      ])
      expect(last.trackers).toContainEqual({ url, problem: expect.stringContaining(reason) })
    }
  })

  test('over UDP: an error packet, no such name, nobody there', { tags: 'long' }, async () => {
    // BEP 15: it answers the connection, and the announce with an error.
    const refusing = createSocket('udp4')
    refusing.on('message', (packet, { address, port }) => {
      const isConnect = packet.readUInt32BE(8) === 0 && packet.length === 16
      const head = Buffer.alloc(8)
      head.writeUInt32BE(isConnect ? 0 : 3, 0)
      packet.copy(head, 4, 12, 16)
      refusing.send(
        Buffer.concat([head, Buffer.from(isConnect ? '12345678' : 'torrent is banned')]),
        port,
        address,
      )
    })
    refusing.bind(0, '127.0.0.1')
    await once(refusing, 'listening')
    const silent = createSocket('udp4').bind(0, '127.0.0.1')
    await once(silent, 'listening')
    const closed = silent.address().port
    silent.close()
    const cases = [
      [`udp://127.0.0.1:${refusing.address().port}/announce`, 'torrent is banned'],
      ['udp://nowhere.invalid:80/announce', 'ENOTFOUND'],
      [`udp://127.0.0.1:${closed}/announce`, 'timed out'],
    ] as const
    const trackers = cases.map(([url]) => url).join(',')
    const made = await tabseed('create', '-f', '-d', '-o', 'udp.torrent', '-a', trackers, 'one.bin')
    expect(made.code, made.stderr).toBe(0)
    const { code, stderr } = await tabseed('get', '-o', 'empty', '--idle-timeout', '20', 'udp.torrent')
    refusing.close()
    expect(code).toBe(3)
    const lines = stderr.split('\n').filter(line => line.startsWith('tracker '))
    expect(lines).toHaveLength(cases.length)
    for (const [url, reason] of cases) {
      expect(lines.find(line => line.startsWith(`tracker ${url}: `))).toContain(reason)
    }
  })

  test('also while the metainfo of a magnet link is looked for', async () => {
    const tracker = `http://${await serverAt(refuses)}/announce`
    const magnet = `magnet:?xt=urn:btih:${'56'.repeat(20)}&tr=${encodeURIComponent(tracker)}`
    const { code, stderr } = await tabseed('get', '--idle-timeout', '4', magnet)
    expect(code).toBe(3)
    expect(stderr).toContain(`tracker ${tracker}: unregistered torrent\n`)
  })
})

describe('what names nobody to fetch from ends at once', () => {
  test('a magnet link, and a .torrent', async () => {
    const made = await tabseed('create', '-f', '-o', 'alone.torrent', 'one.bin')
    expect(made.code, made.stderr).toBe(0)
    for (const source of [`magnet:?xt=urn:btih:${'56'.repeat(20)}`, 'alone.torrent']) {
      const { code, stderr } = await tabseed('get', '-o', 'empty', source)
      expect(code).toBe(1)
      expect(stderr).toMatch(/^tabseed: Nobody can be found: [^\n]*--dht[^\n]*\n$/)
    }
  })
})
