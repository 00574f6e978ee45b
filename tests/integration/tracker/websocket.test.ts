import Client from 'bittorrent-tracker/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { binary, peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

let server: TestApp
let infoHash: string
beforeAll(async () => {
  server = await startApp()
  infoHash = (await publishNamed(server.url, 'swarm')).infoHash
})
afterAll(() => server[Symbol.asyncDispose]())

const open = () => TrackerClient.open(server.announceUrl)
const offer = (id: string) => ({
  offer: { type: 'offer', sdp: `sdp of ${id}` },
  offer_id: id.padEnd(20, '-'),
})

/** The tracker still takes in a newcomer of the swarm. */
async function expectAlive(): Promise<void> {
  using client = await open()
  expect(await client.announce(infoHash, peerIdNamed('alive'))).toMatchObject({ info_hash: binary(infoHash) })
}

describe('swarm', () => {
  test('counts peers, relays an offer and its answer, and forgets who leaves', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'relay')
    using seed = await open()
    using reader = await open()
    const [seedId, readerId] = [peerIdNamed('seed'), peerIdNamed('reader')]

    const first = await seed.announce(hash, seedId, { left: 0, event: 'started', offers: [] })
    expect(first).toMatchObject({ action: 'announce', complete: 1, incomplete: 0, info_hash: binary(hash) })
    expect(first['interval']).toBeGreaterThanOrEqual(60)
    const counts = await reader.announce(hash, readerId, {
      event: 'started',
      offers: [offer('one')],
      numwant: 1,
    })
    expect(counts).toMatchObject({ complete: 1, incomplete: 1 })

    const relayed = await seed.take('offer')
    expect(relayed).toEqual({
      action: 'announce',
      info_hash: binary(hash),
      peer_id: readerId,
      ...offer('one'),
    })
    const answer = {
      action: 'announce',
      info_hash: binary(hash),
      peer_id: seedId,
      to_peer_id: readerId,
      offer_id: relayed['offer_id'],
      answer: { type: 'answer', sdp: 'yes' },
    }
    seed.send(answer)
    expect(await reader.take('answer')).toMatchObject({ peer_id: seedId, answer: { sdp: 'yes' } })
    // An offer is answered once.
    seed.send(answer)
    expect(await seed.take('failure reason')).toMatchObject({ action: 'announce', info_hash: binary(hash) })

    expect(await reader.announce(hash, readerId, { left: 0, event: 'completed' })).toMatchObject({
      complete: 2,
    })
    expect(await seed.announce(hash, seedId, { event: 'stopped' })).toMatchObject({ complete: 1 })
    reader.socket.close()
    await reader.closed
    using last = await open()
    expect(await last.announce(hash, peerIdNamed('last'))).toMatchObject({ complete: 0, incomplete: 1 })
  })

  test('takes null left for a peer without metainfo, not for a seed', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'magnet')
    using client = await open()
    expect(await client.announce(hash, peerIdNamed('m'), { left: null })).toMatchObject({ complete: 0 })
  })

  test('scrapes what was asked for, with zeros for what is unknown', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'scraped')
    using client = await open()
    await client.announce(hash, peerIdNamed('one'), { left: 0 })
    client.send({ action: 'scrape', info_hash: [binary(hash), 'x'.repeat(20)] })
    expect(await client.take('files')).toEqual({
      action: 'scrape',
      files: {
        [binary(hash)]: { complete: 1, incomplete: 0, downloaded: 0 },
        ['x'.repeat(20)]: { complete: 0, incomplete: 0, downloaded: 0 },
      },
    })
  })

  test("serves bittorrent-tracker's own client over WebSocket and HTTP, with the same counts", async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'stock')
    const announced = (announce: string, peer: string) => {
      const client = new Client({
        infoHash: hash,
        peerId: Buffer.from(peerIdNamed(peer), 'latin1').toString('hex'),
        announce: [announce],
        port: 6881,
        // No offers: nobody here answers them.
        getAnnounceOpts: () => ({ numwant: 0, left: 0 }),
      })
      return new Promise<{ client: Client; complete: number }>((resolve, reject) => {
        client.once('update', ({ complete }) => resolve({ client, complete }))
        client.once('error', reject)
        client.once('warning', reject)
        client.start()
      })
    }
    const overWebSocket = await announced(server.announceUrl, 'ws')
    const overHttp = await announced(`${server.url}/announce`, 'http')
    expect([overWebSocket.complete, overHttp.complete]).toEqual([1, 2])
    const left = [overWebSocket, overHttp].map(
      ({ client }) => new Promise(resolve => client.destroy(() => resolve(undefined))),
    )
    await Promise.all(left)
  })
})

describe('only published shares', () => {
  test('an unknown info hash gets a failure reason and nothing else', async () => {
    using client = await open()
    const unknown = 'ff'.repeat(20)
    client.send({ action: 'announce', info_hash: binary(unknown), peer_id: peerIdNamed('x'), left: 0 })
    expect(await client.take('failure reason')).toEqual({
      action: 'announce',
      info_hash: binary(unknown),
      'failure reason': 'not a share of this server',
    })
  })

  test('a deleted share is told to its peers and not tracked any more, until it is published again', async () => {
    const { infoHash: hash, ownerKey } = await publishNamed(server.url, 'gone')
    using client = await open()
    await client.announce(hash, peerIdNamed('p'), { left: 0 })
    const headers = { authorization: `Bearer ${ownerKey}` }
    await fetch(`${server.url}/api/shares/${hash}`, { method: 'DELETE', headers })
    expect(await client.take('failure reason')).toMatchObject({ info_hash: binary(hash) })
    client.send({ action: 'announce', info_hash: binary(hash), peer_id: peerIdNamed('p'), left: 0 })
    expect(await client.take('failure reason')).toMatchObject({
      'failure reason': 'not a share of this server',
    })

    await publishNamed(server.url, 'gone')
    using other = await open()
    expect(await other.announce(hash, peerIdNamed('q'))).toMatchObject({ complete: 0, incomplete: 1 })
    expect(await client.announce(hash, peerIdNamed('p'), { left: 0 })).toMatchObject({ complete: 1 })
  })
})

describe('a peer belongs to the connection that announced it', () => {
  test('another with its peer id neither takes its offers nor ends it', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'owner')
    using owner = await open()
    using thief = await open()
    const id = peerIdNamed('mine')
    await owner.announce(hash, id, { left: 0 })
    thief.send({ action: 'announce', info_hash: binary(hash), peer_id: id, left: 0, event: 'stopped' })
    expect(await thief.take('failure reason')).toMatchObject({ info_hash: binary(hash) })
    await thief.announce(hash, id, { left: 0 })
    thief.socket.close()
    await thief.closed
    using reader = await open()
    expect(await reader.announce(hash, peerIdNamed('r'), { offers: [offer('x')], numwant: 1 })).toMatchObject(
      { complete: 1, incomplete: 1 },
    )
    expect(await owner.take('offer')).toMatchObject({ peer_id: peerIdNamed('r') })
  })

  test('who comes back on a new connection is reachable at once, and the broken one goes', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'half open')
    using silent = await open()
    using returning = await open()
    using reader = await open()
    const id = peerIdNamed('back')
    await silent.announce(hash, id)
    silent.socket.pause()
    await returning.announce(hash, id)
    await reader.announce(hash, peerIdNamed('r'), {
      left: 0,
      offers: [offer('one'), offer('two')],
      numwant: 2,
    })
    expect(await returning.take('offer')).toMatchObject({ peer_id: peerIdNamed('r') })
    const counts = () => reader.announce(hash, peerIdNamed('r'), { left: 0 })
    await expect
      .poll(counts, { timeout: 15_000, interval: 500 })
      .toMatchObject({ complete: 1, incomplete: 1 })
  })

  test('a connection may have several peer ids, one a swarm, and all of them go with it', async () => {
    const { infoHash: first } = await publishNamed(server.url, 'two ids')
    const { infoHash: second } = await publishNamed(server.url, 'two ids, again')
    using client = await open()
    await client.announce(first, peerIdNamed('a'))
    await client.announce(second, peerIdNamed('b'))
    client.send({ action: 'announce', info_hash: binary(first), peer_id: peerIdNamed('b'), left: 1 })
    expect(await client.take('failure reason')).toMatchObject({ info_hash: binary(first) })
    // It may come back with another one when it has left.
    await client.announce(first, peerIdNamed('a'), { event: 'stopped' })
    expect(await client.announce(first, peerIdNamed('b'))).toMatchObject({ incomplete: 1 })
    client.socket.close()
    await client.closed
    using other = await open()
    for (const hash of [first, second])
      expect(await other.announce(hash, peerIdNamed('o'))).toMatchObject({ complete: 0, incomplete: 1 })
  })
})

describe('bad input', () => {
  const announce = (more: object) => ({
    action: 'announce',
    info_hash: binary(infoHash),
    peer_id: peerIdNamed('killer'),
    ...more,
  })

  test.each<[string, () => object]>([
    ['offers that are null', () => announce({ offers: [null] })],
    [
      'an answer without an offer id',
      () => announce({ to_peer_id: 'x'.repeat(20), answer: { type: 'answer' } }),
    ],
    [
      'an answer with a numeric offer id',
      () =>
        announce({
          to_peer_id: peerIdNamed('bystander'),
          offer_id: 5,
          answer: { type: 'answer', sdp: '' },
        }),
    ],
    ['a numeric peer id', () => announce({ peer_id: 5 })],
    [
      'an answer nobody asked for',
      () =>
        announce({
          to_peer_id: peerIdNamed('bystander'),
          offer_id: 'x'.repeat(20),
          answer: { type: 'answer', sdp: '' },
        }),
    ],
    ['a scrape of an object', () => ({ action: 'scrape', info_hash: {} })],
    ['a scrape of a number', () => ({ action: 'scrape', info_hash: 5 })],
    ['a scrape of everything', () => ({ action: 'scrape' })],
    ['a peer id beyond latin1', () => announce({ peer_id: '\u0161'.repeat(20) })],
    ['a stop of a peer that never came', () => announce({ event: 'stopped' })],
  ])('%s gets a failure reason, with another peer present', async (_, message) => {
    using bystander = await open()
    await bystander.announce(infoHash, peerIdNamed('bystander'))
    using client = await open()
    client.send(message())
    expect(await client.take('failure reason')).toMatchObject({
      action: expect.stringMatching(/announce|scrape/),
    })
    await expectAlive()
  })

  test.each<[string, number, string | Buffer]>([
    ['no JSON', 1008, 'hello'],
    ['null', 1008, 'null'],
    ['a list', 1008, '[]'],
    ['no action', 1008, '{}'],
    ['an announce of no swarm', 1008, '{"action":"announce"}'],
    ['deep nesting', 1008, '['.repeat(60_000)],
    ['binary garbage', 1007, Buffer.from([0xff, 0xfe, 0x00])],
    ['a megabyte', 1009, 'x'.repeat(1024 * 1024)],
  ])('%s closes the socket with a code', async (_, code, data) => {
    using client = await open()
    client.socket.send(data)
    expect(await client.closed).toBe(code)
    await expectAlive()
  })

  test('a binary frame of JSON counts as text', async () => {
    using client = await open()
    client.socket.send(Buffer.from(JSON.stringify(announce({ left: 1 }))))
    expect(await client.take('interval')).toMatchObject({ action: 'announce' })
  })

  test('many fragments close the socket', async () => {
    using client = await open()
    for (let sent = 0; sent < 20; sent += 1) client.socket.send('[', { fin: false })
    expect(await client.closed).toBe(1008)
    await expectAlive()
  })

  test('silence closes the socket after ten seconds', { tags: 'long' }, async () => {
    using client = await open()
    const start = performance.now()
    expect(await client.closed).toBe(1008)
    expect(performance.now() - start).toBeGreaterThan(9_000)
  })
})
