import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { binary, peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { postTorrent, publishListed, publishNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

const OPERATOR_KEY = 'operator-key-of-the-tests'

/** A WebSocket from `address`, as the trusted proxy in front reports it; or the HTTP status that refused it. */
function openFrom(server: TestApp, address: string): Promise<WebSocket | number> {
  const socket = new WebSocket(server.announceUrl, { headers: { 'x-forwarded-for': address } })
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve(socket))
    socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.once('error', reject)
  })
}

const privateInfo = encodeInfo({
  name: 'private',
  pieceLength: 16_384,
  pieces: new Uint8Array(20),
  private: true,
  length: 1,
})
const privateTorrent = encodeTorrent({ infoBytes: privateInfo, announceList: [] })
const privateHash = createHash('sha1').update(privateInfo).digest('hex')

const reasonOf = (message: Record<string, unknown>) => message['failure reason']

describe('limits', () => {
  let server: TestApp
  let infoHash: string
  beforeAll(async () => {
    server = await startApp({ TABSEED_TRUSTED_PROXIES: '127.0.0.1' })
    infoHash = (await publishNamed(server.url, 'limited')).infoHash
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('64 connections of an address, an IPv6 network of 64 bits being one; another address is not affected', async () => {
    for (const [addressOf, other] of [
      [() => '192.0.2.1', '192.0.2.2'],
      [(at: number) => `2001:db8:0:1::${at + 1}`, '2001:db8:0:2::1'],
    ] as const) {
      const sockets = await Promise.all(
        Array.from({ length: 64 }, (_, at) => openFrom(server, addressOf(at))),
      )
      expect(sockets.every(socket => socket instanceof WebSocket)).toBe(true)
      expect(await openFrom(server, addressOf(70))).toBe(429)
      const free = await openFrom(server, other)
      expect(free).toBeInstanceOf(WebSocket)
      // One that goes makes room.
      const [first] = sockets
      if (first instanceof WebSocket) first.terminate()
      await expect.poll(() => openFrom(server, addressOf(71))).toBeInstanceOf(WebSocket)
      for (const socket of [...sockets, free]) if (socket instanceof WebSocket) socket.terminate()
    }
  })

  test('announces of a connection: an error that names the swarm, and the end for who does not listen', async () => {
    using client = await TrackerClient.open(server.announceUrl)
    for (let sent = 0; sent < 700; sent += 1) {
      client.send({ action: 'announce', info_hash: binary(infoHash), peer_id: peerIdNamed('eager'), left: 1 })
    }
    const failure = await client.take('failure reason')
    expect(failure).toMatchObject({ action: 'announce', info_hash: binary(infoHash) })
    expect(reasonOf(failure)).toContain('too many announces')
    expect(await client.closed).toBe(1008)
    using other = await TrackerClient.open(server.announceUrl)
    expect(await other.announce(infoHash, peerIdNamed('patient'))).toMatchObject({ incomplete: 1 })
  })

  test('announces over HTTP are those of their address', async () => {
    const url = `${server.url}/announce?info_hash=${infoHash.replace(/../g, '%$&')}&peer_id=${'p'.repeat(20)}&port=1&left=1`
    const announce = async (address: string) =>
      (await fetch(url, { headers: { 'x-forwarded-for': address } })).text()
    // A thousand at once, and then as many as time makes room for: fewer than come on any machine.
    let served = 0
    let refused = 0
    while (refused === 0 && served < 10_000) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => announce('192.0.2.50')))
      refused = answers.filter(answer => answer.includes('too many announces')).length
      served += answers.length - refused
    }
    expect(refused).toBeGreaterThan(0)
    expect(served).toBeGreaterThanOrEqual(1_000)
    expect(await announce('192.0.2.51')).toContain('interval')
  })

  test('200 swarms of a connection', async () => {
    const published = Array.from({ length: 201 }, (_, at) => publishNamed(server.url, `one of many ${at}`))
    const hashes = (await Promise.all(published)).map(share => share.infoHash)
    using client = await TrackerClient.open(server.announceUrl)
    for (let at = 0; at < 201; at += 1) {
      client.send({
        action: 'announce',
        info_hash: binary(hashes[at] ?? ''),
        peer_id: peerIdNamed('many'),
        left: 1,
      })
    }
    expect(reasonOf(await client.take('failure reason'))).toContain('too many swarms')
    expect(client.socket.readyState).toBe(WebSocket.OPEN)
  })

  test('5,000 connections of one address at once leave the others alone', async () => {
    const sockets = Array.from({ length: 5_000 }, () => {
      const socket = connect({ port: Number(new URL(server.url).port), host: '127.0.0.1' })
      socket.on('error', () => {})
      socket.write('GET /announce HTTP/1.1\r\nHost: x\r\n')
      return socket
    })
    const start = performance.now()
    using client = await TrackerClient.open(server.announceUrl)
    expect(await client.announce(infoHash, peerIdNamed('late'))).toHaveProperty('interval')
    expect(performance.now() - start).toBeLessThan(10_000)
    for (const socket of sockets) socket.destroy()
  })
})

/** A client's frame of up to 65,535 bytes, masked with zeros. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  return Buffer.concat([
    Buffer.from([0x81, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0]),
    payload,
  ])
}

describe('access', () => {
  test('open tracks what anybody announces, but not what is blocked', async () => {
    await using server = await startApp({
      TABSEED_TRACKER_ACCESS: 'open',
      TABSEED_OPERATOR_KEY: OPERATOR_KEY,
    })
    const hash = 'ab'.repeat(20)
    using client = await TrackerClient.open(server.announceUrl)
    expect(await client.announce(hash, peerIdNamed('p'), { left: 0 })).toMatchObject({ complete: 1 })
    const block = (method: string) =>
      fetch(`${server.url}/api/shares/${hash}/blocked`, {
        method,
        headers: { authorization: `Bearer ${OPERATOR_KEY}` },
      })
    await block('PUT')
    expect(reasonOf(await client.take('failure reason'))).toContain('blocked')
    client.send({ action: 'announce', info_hash: binary(hash), peer_id: peerIdNamed('p'), left: 0 })
    expect(reasonOf(await client.take('failure reason'))).toContain('blocked')
    await block('DELETE')
    expect(await client.announce(hash, peerIdNamed('p'), { left: 0 })).toMatchObject({ complete: 1 })
  })

  test.each(['none', 'specific', 'all'])('scrape %s', async policy => {
    await using server = await startApp({ TABSEED_SCRAPE: policy })
    const { infoHash } = await publishListed(server.url, 'scraped')
    using client = await TrackerClient.open(server.announceUrl)
    await client.announce(infoHash, peerIdNamed('p'))
    client.send({ action: 'scrape', info_hash: binary(infoHash) })
    const answer = await client.take('files', 'failure reason')
    expect('files' in answer).toBe(policy !== 'none')
    const scrape = async (query: string) => (await fetch(`${server.url}/scrape${query}`)).text()
    const named = await scrape(`?info_hash=${infoHash.replace(/../g, '%$&')}`)
    expect(named.includes('incomplete')).toBe(policy !== 'none')
    expect((await scrape('')).includes('incomplete')).toBe(policy === 'all')

    // A private share is told of to those who name it, and to nobody else.
    await postTorrent(server.url, privateTorrent)
    await client.announce(privateHash, peerIdNamed('p'))
    const bytes = Buffer.from(privateHash, 'hex').toString('latin1')
    const all = Buffer.from(await (await fetch(`${server.url}/scrape`)).arrayBuffer()).toString('latin1')
    expect(all).not.toContain(bytes)
  })

  test('an https address without a proxy that is trusted is said at the start', async () => {
    await using server = await startApp({ TABSEED_PUBLIC_URL: 'https://share.example.org' })
    expect(server.log()).toContain('name it in TABSEED_TRUSTED_PROXIES')
  })

  test('limits off, and a proxy that nobody named, are said in the log', async () => {
    await using server = await startApp({ TABSEED_LIMITS: 'off' })
    expect(server.log()).toContain('TABSEED_LIMITS=off')
    const sockets = await Promise.all(Array.from({ length: 100 }, () => openFrom(server, '192.0.2.1')))
    expect(sockets.every(socket => socket instanceof WebSocket)).toBe(true)
    expect(server.log().match(/TABSEED_TRUSTED_PROXIES/g)).toHaveLength(1)
    for (const socket of sockets) if (socket instanceof WebSocket) socket.terminate()
  })

  test('who does not read is cut off, and others are not held up', async () => {
    await using server = await startApp({ TABSEED_LIMITS: 'off' })
    const { infoHash: hash } = await publishNamed(server.url, 'deaf')
    const { port } = new URL(server.url)
    const deaf = connect({ port: Number(port), host: '127.0.0.1' })
    deaf.on('error', () => {})
    const closed = once(deaf, 'close')
    const key = Buffer.alloc(16).toString('base64')
    deaf.write(
      `GET /announce HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
    await once(deaf, 'data')
    deaf.write(
      textFrame(
        JSON.stringify({
          action: 'announce',
          info_hash: binary(hash),
          peer_id: peerIdNamed('deaf'),
          left: 0,
        }),
      ),
    )
    await once(deaf, 'data')
    deaf.pause()
    using talker = await TrackerClient.open(server.announceUrl)
    const sdp = 'x'.repeat(16_000)
    const offer = { offer: { type: 'offer', sdp }, offer_id: 'o'.repeat(20) }
    const counts = () => talker.announce(hash, peerIdNamed('talker'), { offers: [offer], numwant: 1 })
    // The kernel holds some megabytes before the server has to.
    let announces = 0
    while ((await counts())['complete'] === 1) {
      announces += 1
      if (announces > 2_000) throw new Error('it was not cut off')
    }
    deaf.resume()
    await closed
  })
})
