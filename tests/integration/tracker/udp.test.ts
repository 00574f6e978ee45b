import { createHash } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Client from 'bittorrent-tracker/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { aria2Download, aria2Seed, transmissionSeed } from '../../support/clients/classic.ts'
import { binary, peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { noise, sha256File, tempFolder } from '../../support/content/fixtures.ts'
import { postTorrent, publishNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'
import { freePort } from '../../support/server/free-port.ts'

let server: TestApp
let udpPort: number
beforeAll(async () => {
  udpPort = await freePort()
  server = await startApp({ TABSEED_UDP_PORT: String(udpPort) })
})
afterAll(() => server[Symbol.asyncDispose]())

/** A client that says what it wants, packet by packet. */
class UdpClient {
  readonly #socket: Socket = createSocket('udp4')

  /** The answer to a packet; undefined when there is none, which one to a later connect shows. */
  async ask(packet: Buffer): Promise<Buffer | undefined> {
    const last = head(Buffer.from('0000041727101980', 'hex'), 0, 0xdddd)
    this.#socket.send(packet, udpPort, '127.0.0.1')
    this.#socket.send(last, udpPort, '127.0.0.1')
    const answers: Buffer[] = []
    while (answers.at(-1)?.readUInt32BE(4) !== 0xdddd) {
      const [answer] = await once(this.#socket, 'message', { signal: AbortSignal.timeout(5_000) })
      answers.push(answer)
    }
    return answers.length === 1 ? undefined : answers[0]
  }

  async connect(): Promise<Buffer> {
    const answer = await this.ask(head(Buffer.from('0000041727101980', 'hex'), 0, 7))
    expect(answer?.subarray(0, 8).toString('hex')).toBe('0000000000000007')
    expect(answer).toHaveLength(16)
    return answer?.subarray(8) ?? Buffer.alloc(8)
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}

function head(connectionId: Buffer, action: number, transactionId: number): Buffer {
  const packet = Buffer.alloc(16)
  connectionId.copy(packet)
  packet.writeUInt32BE(action, 8)
  packet.writeUInt32BE(transactionId, 12)
  return packet
}

interface Announce {
  readonly left?: number
  readonly event?: number
  readonly port?: number
  readonly numwant?: number
  readonly ip?: number
}

function announce(connectionId: Buffer, infoHash: string, more: Announce = {}): Buffer {
  const { event = 2, ip = 0, left = 1, numwant = -1, port = 1000 } = more
  const packet = Buffer.alloc(98)
  head(connectionId, 1, 9).copy(packet)
  packet.write(infoHash, 16, 'hex')
  packet.write(peerIdNamed(`udp${port}`), 36, 'latin1')
  packet.writeBigUInt64BE(BigInt(left), 64)
  packet.writeUInt32BE(event, 80)
  packet.writeUInt32BE(ip, 84)
  packet.writeInt32BE(numwant, 92)
  packet.writeUInt16BE(port, 96)
  return packet
}

describe('announces', () => {
  test('are in the same swarm as those over WebSocket, and tell classic peers', async () => {
    const { infoHash } = await publishNamed(server.url, 'udp swarm')
    using tab = await TrackerClient.open(server.announceUrl)
    await tab.announce(infoHash, peerIdNamed('tab'), { left: 0 })
    using client = new UdpClient()
    const id = await client.connect()
    await client.ask(announce(id, infoHash, { port: 1001, left: 5 }))
    const answer =
      (await client.ask(announce(id, infoHash, { port: 1002, left: 0, ip: 0x01020304 }))) ?? Buffer.alloc(0)
    expect([answer.readUInt32BE(0), answer.readUInt32BE(4)]).toEqual([1, 9])
    expect(answer.readUInt32BE(8)).toBeGreaterThanOrEqual(60)
    expect([answer.readUInt32BE(12), answer.readUInt32BE(16)]).toEqual([1, 2])
    expect([...answer.subarray(20)]).toEqual([127, 0, 0, 1, 1001 >> 8, 1001 & 255])

    const scrape = await client.ask(
      Buffer.concat([head(id, 2, 11), Buffer.from(infoHash, 'hex'), Buffer.alloc(20)]),
    )
    expect(scrape?.toString('hex')).toBe(`${'00000002'}0000000b000000020000000000000001${'00'.repeat(12)}`)
    await client.ask(announce(id, infoHash, { port: 1001, event: 3 }))
    tab.send({ action: 'scrape', info_hash: binary(infoHash) })
    expect(await tab.take('files')).toMatchObject({
      files: { [binary(infoHash)]: { complete: 2, incomplete: 0 } },
    })
  })

  test("of bittorrent-tracker's own client are answered", async () => {
    const { infoHash } = await publishNamed(server.url, 'udp stock')
    const client = new Client({
      infoHash,
      peerId: Buffer.from(peerIdNamed('stock'), 'latin1').toString('hex'),
      announce: [`udp://127.0.0.1:${udpPort}/announce`],
      port: 6881,
      getAnnounceOpts: () => ({ numwant: 0, left: 0 }),
    })
    const updated = once(client, 'update')
    client.start()
    expect((await updated)[0]).toMatchObject({ complete: 1, incomplete: 0 })
    await new Promise<void>(resolve => client.destroy(resolve))
  })

  test('of what is no share get an error', async () => {
    using client = new UdpClient()
    const answer = await client.ask(announce(await client.connect(), 'ff'.repeat(20)))
    expect(answer?.readUInt32BE(0)).toBe(3)
    expect(answer?.toString('latin1', 8)).toBe('not a share of this server')
  })
})

describe('a forged address', () => {
  test('gets nothing without a connection id that was sent to it', async () => {
    const { infoHash } = await publishNamed(server.url, 'udp forged')
    using client = new UdpClient()
    for (const id of ['0000041727101980', '0000000000000000', 'ffffffffffffffff']) {
      expect(await client.ask(announce(Buffer.from(id, 'hex'), infoHash))).toBeUndefined()
    }
  })

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['half a head', Buffer.alloc(15)],
    ['a connect to another protocol', head(Buffer.alloc(8), 0, 1)],
    ['an unknown action', head(Buffer.alloc(8), 9, 1)],
    ['a scrape', Buffer.concat([head(Buffer.alloc(8), 2, 1), Buffer.alloc(20 * 74)])],
  ])('gets nothing for %s', async (_, packet) => {
    using client = new UdpClient()
    expect(await client.ask(packet)).toBeUndefined()
  })
})

test.each<[string, (id: Buffer, infoHash: string) => Buffer]>([
  ['half an announce', (id, infoHash) => announce(id, infoHash).subarray(0, 97)],
  ['a scrape of nothing', id => head(id, 2, 9)],
  ['an unknown action', id => head(id, 77, 9)],
])('%s is an error and changes nothing', async (name, packet) => {
  const { infoHash } = await publishNamed(server.url, `udp ${name}`)
  using client = new UdpClient()
  const id = await client.connect()
  expect((await client.ask(packet(id, infoHash)))?.toString('latin1', 8)).toBe('invalid message')
  expect((await client.ask(announce(id, infoHash)))?.readUInt32BE(12)).toBe(1)
})

test.each<[string, Parameters<typeof announce>[2]]>([
  ['an event that is none', { event: 4 }],
  ['port 0', { port: 0 }],
  ['a most of peers that is negative', { numwant: -(2 ** 31) }],
  ['as many peers as there can be', { numwant: 2 ** 31 - 1 }],
])('%s is answered', async (name, more) => {
  const { infoHash } = await publishNamed(server.url, `udp ${name}`)
  using client = new UdpClient()
  const id = await client.connect()
  expect((await client.ask(announce(id, infoHash, more)))?.readUInt32BE(0)).toBe(1)
})

test('who names no port is handed on to nobody, and gets peers', async () => {
  const { infoHash } = await publishNamed(server.url, 'udp no port')
  using client = new UdpClient()
  const id = await client.connect()
  await client.ask(announce(id, infoHash, { port: 1001 }))
  expect(await client.ask(announce(id, infoHash, { port: 0 }))).toHaveLength(20 + 6)
  expect(await client.ask(announce(id, infoHash, { port: 1002 }))).toHaveLength(20 + 6)
})

test.each([
  ['0.0.0.0', ['127.0.0.1', '127.0.0.2', '127.0.1.1']],
  ['::', ['127.0.0.1', '127.0.0.2', '::1']],
])('a server at %s answers from the address that was asked', async (host, addresses) => {
  const port = await freePort()
  await using everywhere = await startApp({
    TABSEED_HOST: host,
    TABSEED_PUBLIC_URL: 'any',
    TABSEED_UDP_PORT: String(port),
  })
  expect(everywhere.url).toContain('http')
  for (const address of addresses) {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.send(head(Buffer.from('0000041727101980', 'hex'), 0, 7), port, address)
    const [answer, from] = await once(socket, 'message', { signal: AbortSignal.timeout(5_000) })
    expect(answer.readUInt32BE(4)).toBe(7)
    expect(from.address).toBe(address)
    socket.close()
  }
})

test('a port that another server has is in use, also at every address', async () => {
  const port = await freePort()
  await using first = await startApp({
    TABSEED_HOST: '0.0.0.0',
    TABSEED_PUBLIC_URL: 'any',
    TABSEED_UDP_PORT: String(port),
  })
  const second = startApp({
    TABSEED_HOST: '0.0.0.0',
    TABSEED_PUBLIC_URL: 'any',
    TABSEED_UDP_PORT: String(port),
  })
  await expect(second).rejects.toThrow(`UDP port ${port}`)
  await first.stop()
})

// Transmission calls no peer at a loopback address, but takes its calls. Side by side: they mostly wait for their timers.
test.concurrent.each([
  ['aria2', 'http'],
  ['transmission', 'http'],
  ['aria2', 'udp'],
  ['transmission', 'udp'],
] as const)(
  'aria2 finds %s, which seeds, over %s',
  async (seed, transport) => {
    using folder = tempFolder()
    const name = `${seed}-${transport}.bin`
    const content = noise(400_000, seed.length + transport.length)
    const source = join(folder.path, 'source')
    mkdirSync(source)
    writeFileSync(join(source, name), content)
    const pieces = createHash('sha1').update(content).digest()
    const infoBytes = encodeInfo({
      name,
      pieceLength: 1024 * 1024,
      pieces,
      private: true,
      length: content.length,
    })
    const address = transport === 'udp' ? `udp://127.0.0.1:${udpPort}` : server.url
    const torrent = encodeTorrent({ infoBytes, announceList: [[`${address}/announce`]] })
    // Known already where this is a further try.
    expect((await postTorrent(server.url, torrent)).status).toBeOneOf([200, 201])
    const path = join(folder.path, 'only.torrent')
    writeFileSync(path, torrent)
    // Its UDP belongs to its DHT, which a private torrent does not use.
    const aria2Udp = ['--enable-dht=true', `--dht-file-path=${join(folder.path, 'dht')}`]

    await using _ = seed === 'aria2' ? aria2Seed(path, source, aria2Udp) : transmissionSeed(path, source)
    // Who comes before the seed would hear of it at the next announce only, in ten minutes.
    using watcher = await TrackerClient.open(server.announceUrl)
    const infoHash = createHash('sha1').update(infoBytes).digest('binary')
    const counts = async () => {
      watcher.send({ action: 'scrape', info_hash: infoHash })
      return watcher.take('files')
    }
    const seeded = { files: { [infoHash]: { complete: 1 } } }
    // Transmission announces about 14 s after its start; when one of its announces is lost, as long again later.
    await expect.poll(counts, { timeout: 75_000, interval: 300 }).toMatchObject(seeded)
    const into = join(folder.path, 'into')
    const url = `data:application/x-bittorrent;base64,${Buffer.from(torrent).toString('base64')}`
    await aria2Download(url, into, aria2Udp)
    expect(sha256File(join(into, name))).toBe(sha256File(join(source, name)))
  },
  120_000,
)
