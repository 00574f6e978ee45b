import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { addressBytes, compactPeer } from '../../server/base/address.ts'
import { binary, peerIdNamed, TrackerClient } from '../support/clients/tracker-client.ts'
import { publishNamed } from '../support/content/shares.ts'
import { sized } from '../support/long.ts'
import { startApp, type TestApp } from '../support/server/app.ts'
import { freePort } from '../support/server/free-port.ts'
import { announceFrom, from, whileHonest } from '../support/server/honest.ts'

const FAKES = ['198.51.100.1', '198.51.100.2', '2001:db8:0:1::1']
const OFFER = { offer: { type: 'offer', sdp: 'v=0' } }
const OFFERS = Array.from({ length: 5 }, (_, at) => ({ ...OFFER, offer_id: `offer ${at}`.padEnd(20) }))

let server: TestApp
let udpPort: number
beforeAll(async () => {
  udpPort = await freePort()
  server = await startApp({ TABSEED_TRUSTED_PROXIES: '127.0.0.1', TABSEED_UDP_PORT: String(udpPort) })
})
afterAll(() => server[Symbol.asyncDispose]())

const share = async (name: string) => (await publishNamed(server.url, name)).infoHash
const compact = (address: string, port: number) => compactPeer(addressBytes(address) ?? '', port)

/** Fakes over HTTP: `count` ports of each address. */
async function fakeSeeds(infoHash: InfoHash, addresses: readonly string[], count: number): Promise<void> {
  for (let port = 1; port <= count; port += 1) {
    await Promise.all(
      addresses.map(address => announceFrom(server.url, infoHash, address, { port, left: 0 })),
    )
  }
}

describe('a thousand fakes of three addresses', () => {
  test('over WebSocket: a reader is offered to the publisher in its first announce', {
    tags: 'sized',
  }, async () => {
    const infoHash = await share('hidden tab')
    using publisher = await TrackerClient.open(server.announceUrl, from('192.0.2.1'))
    await publisher.announce(infoHash, peerIdNamed('publisher'), { left: 0 })
    const sockets: TrackerClient[] = []
    await whileHonest(server, infoHash, async () => {
      for (const address of FAKES) {
        // One peer a socket: the second to the sixth are refused.
        for (let at = 0; at < sized({ gate: 20, long: 60 }); at += 1) {
          const client = await TrackerClient.open(server.announceUrl, from(address))
          sockets.push(client)
          await client.announce(infoHash, peerIdNamed(`fake ${sockets.length}`), { left: at % 2 })
          for (let more = 0; more < 5; more += 1) {
            client.send({
              action: 'announce',
              info_hash: binary(infoHash),
              peer_id: peerIdNamed(`more ${more}`),
              left: 0,
            })
            expect(await client.take('failure reason')).toMatchObject({
              'failure reason': 'this connection is in that swarm with another peer id',
            })
          }
        }
      }
    })
    for (let reader = 0; reader < 20; reader += 1) {
      using client = await TrackerClient.open(server.announceUrl, from(`203.0.113.${reader}`))
      const id = peerIdNamed(`reader ${reader}`)
      await client.announce(infoHash, id, { offers: OFFERS, numwant: 5 })
      expect(await publisher.take('offer')).toMatchObject({ peer_id: id })
      client.send({ action: 'announce', info_hash: binary(infoHash), peer_id: id, left: 1, event: 'stopped' })
    }
    const { tabs } = server.services.tracker.swarmStats(infoHash) ?? {}
    expect(tabs).toBeLessThanOrEqual(sockets.length + 21)
    for (const client of sockets) client[Symbol.dispose]()
  })

  test('over HTTP: a reader is told of the publisher, and of at most 100 peers of an address', async () => {
    const infoHash = await share('hidden seed')
    await announceFrom(server.url, infoHash, '192.0.2.1', { port: 6881, left: 0 })
    await whileHonest(server, infoHash, () => fakeSeeds(infoHash, FAKES.slice(0, 2), 330))
    // Every address of an IPv6 /64 is one.
    for (let port = 1; port <= 330; port += 1) {
      await announceFrom(server.url, infoHash, `2001:db8:0:1::${port.toString(16)}`, { port, left: 0 })
    }
    for (let reader = 0; reader < 20; reader += 1) {
      const answer = await announceFrom(server.url, infoHash, `203.0.113.${reader}`, { port: 1 })
      expect(answer).toContain(compact('192.0.2.1', 6881))
    }
    // The publisher, and readers with the honest one among them.
    const { classic = 0 } = server.services.tracker.swarmStats(infoHash) ?? {}
    expect(classic).toBeLessThanOrEqual(300 + 1 + 21)
  })

  test('who comes behind so many is answered all the same, and found by nobody', async () => {
    const infoHash = await share('crowded')
    await fakeSeeds(infoHash, ['198.51.100.9'], 100)
    const late = await announceFrom(server.url, infoHash, '198.51.100.9', { port: 5000, left: 1 })
    expect(late).toContain('5:peers300:')
    expect(await announceFrom(server.url, infoHash, '203.0.113.1', { port: 1 })).not.toContain(
      compact('198.51.100.9', 5000),
    )
  })

  test('over UDP: the same', async () => {
    const infoHash = await share('hidden over UDP')
    using publisher = await UdpClient.at('127.0.0.9')
    await publisher.announce(infoHash, { port: 6881, left: 0 })
    await whileHonest(server, infoHash, async () => {
      for (const host of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) {
        using fake = await UdpClient.at(host)
        for (let port = 1; port <= 330; port += 1) await fake.announce(infoHash, { port, left: 0 })
      }
    })
    using reader = await UdpClient.at('127.0.0.5')
    for (let round = 0; round < 20; round += 1) {
      const answer = await reader.announce(infoHash, { port: 1000, left: 1 })
      expect(answer).toContain(compact('127.0.0.9', 6881))
    }
  })
})

test('one address fills no swarm where the operator says how many peers it may have', async () => {
  await using strict = await startApp({ TABSEED_PEERS_PER_ADDRESS: '3' })
  const { infoHash } = await publishNamed(strict.url, 'strict')
  const sockets = await Promise.all(Array.from({ length: 4 }, () => TrackerClient.open(strict.announceUrl)))
  for (const [at, client] of sockets.entries()) {
    client.send({
      action: 'announce',
      info_hash: binary(infoHash),
      peer_id: peerIdNamed(`peer ${at}`),
      left: 1,
    })
    const answer = await client.take('interval', 'failure reason')
    expect(answer['failure reason']).toBe(at < 3 ? undefined : 'too many peers of your address in this swarm')
  }
  // One that goes makes room.
  sockets[0]?.socket.close()
  await sockets[0]?.closed
  const last = sockets[3]
  await expect
    .poll(async () => {
      last?.send({
        action: 'announce',
        info_hash: binary(infoHash),
        peer_id: peerIdNamed('peer 3'),
        left: 1,
      })
      return last?.take('interval', 'failure reason')
    })
    .toHaveProperty('interval')
  for (const client of sockets) client[Symbol.dispose]()
})

test('peers behind one address, as on this machine, find each other as before', async () => {
  const infoHash = await share('at home')
  const home = from('192.0.2.77')
  const clients = await Promise.all(
    Array.from({ length: 30 }, () => TrackerClient.open(server.announceUrl, home)),
  )
  for (const [at, client] of clients.entries())
    await client.announce(infoHash, peerIdNamed(`home ${at}`), { left: at % 2 })
  const [first] = clients
  await first?.announce(infoHash, peerIdNamed('home 0'), { left: 1, offers: OFFERS, numwant: 5 })
  const offered = () => server.services.tracker.counters.offers
  const before = offered()
  await first?.announce(infoHash, peerIdNamed('home 0'), { left: 1, offers: OFFERS, numwant: 5 })
  expect(offered() - before).toBe(5)
  for (const client of clients) client[Symbol.dispose]()
})

test('announces with one peer id cost as much as with many', { tags: 'sized' }, async () => {
  const infoHash = await share('one id')
  const count = sized({ gate: 2_000, long: 40_000 })
  await whileHonest(server, infoHash, async () => {
    for (let at = 0; at < count; at += 40) {
      await Promise.all(
        Array.from({ length: 40 }, (_, lane) => {
          const address = `10.${(at + lane) >> 8}.${(at + lane) & 255}.1`
          return announceFrom(server.url, infoHash, address, { port: 80, id: 'the same' })
        }),
      )
    }
  })
  expect(server.services.tracker.swarmStats(infoHash)?.classic).toBe(count + 1)
  const start = performance.now()
  server.services.tracker.swarms.sweep()
  expect(performance.now() - start).toBeLessThan(200)
})

test('X-Forwarded-For of an untrusted private address lifts no limit, and is reported once', async () => {
  await using wary = await startApp()
  const sockets = await Promise.all(
    Array.from({ length: 70 }, async (_, at) => {
      const socket = new WebSocket(wary.announceUrl, from(`203.0.113.${at}`))
      socket.on('error', () => {})
      await Promise.race([once(socket, 'open'), once(socket, 'close').catch(() => {})]).catch(() => {})
      return socket
    }),
  )
  expect(sockets.filter(({ readyState }) => readyState === WebSocket.OPEN)).toHaveLength(64)
  const { infoHash } = await publishNamed(wary.url, 'forged')
  let refused = 0
  for (let round = 0; round < 40 && refused === 0; round += 1) {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        announceFrom(wary.url, infoHash, `198.51.100.${at}`, { port: 1, id: 'forger' }),
      ),
    )
    refused = answers.filter(answer => answer.includes('too many announces')).length
  }
  expect(refused).toBeGreaterThan(0)
  expect(wary.log().match(/TABSEED_TRUSTED_PROXIES/g)).toHaveLength(1)
  for (const socket of sockets) socket.terminate()
})

/** A client of BEP 15 at an address of this machine. */
class UdpClient {
  readonly #socket = createSocket('udp4')
  #connectionId = Buffer.from('0000041727101980', 'hex')

  static async at(host: string): Promise<UdpClient> {
    const client = new UdpClient()
    client.#socket.bind(0, host)
    await once(client.#socket, 'listening')
    const answer = await client.#ask(client.#head(0, 16))
    client.#connectionId = Buffer.from(answer.subarray(8, 16))
    return client
  }

  /** The compact peers of the answer, as latin-1 text. */
  async announce(infoHash: InfoHash, { left, port }: { readonly left: number; readonly port: number }) {
    const packet = this.#head(1, 98)
    packet.write(infoHash, 16, 'hex')
    packet.write(peerIdNamed(`udp ${port}`), 36, 'latin1')
    packet.writeBigUInt64BE(BigInt(left), 64)
    packet.writeInt32BE(-1, 92)
    packet.writeUInt16BE(port, 96)
    return (await this.#ask(packet)).subarray(20).toString('latin1')
  }

  #head(action: number, length: number): Buffer {
    const packet = Buffer.alloc(length)
    this.#connectionId.copy(packet)
    packet.writeUInt32BE(action, 8)
    return packet
  }

  async #ask(packet: Buffer): Promise<Buffer> {
    this.#socket.send(packet, udpPort, '127.0.0.1')
    const [answer] = await once(this.#socket, 'message', { signal: AbortSignal.timeout(5_000) })
    return answer
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}
