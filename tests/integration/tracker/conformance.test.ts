import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Client from 'bittorrent-tracker/client'
import Server from 'bittorrent-tracker/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { binary, peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { startApp } from '../../support/server/app.ts'
import { freePort } from '../../support/server/free-port.ts'

/** Where a tracker is reached, by transport. */
interface Running extends AsyncDisposable {
  readonly announce: Readonly<Record<'ws' | 'http' | 'udp', string>>
}

async function startOurs(): Promise<Running> {
  const udpPort = await freePort()
  const server = await startApp({ TABSEED_TRACKER_ACCESS: 'open', TABSEED_UDP_PORT: String(udpPort) })
  const { announceUrl: ws, url } = server
  const announce = { ws, http: `${url}/announce`, udp: `udp://127.0.0.1:${udpPort}/announce` }
  return { announce, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

/** It takes one port number for all. */
async function startStock(): Promise<Running> {
  const server = new Server({ http: true, udp: true, ws: true, stats: false })
  const host = { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }
  server.listen(await freePort(), host, () => {})
  await once(server, 'listening')
  const { port } = server.http.address() as AddressInfo
  const at = (scheme: string) => `${scheme}://127.0.0.1:${port}/announce`
  return {
    announce: { ws: at('ws'), http: at('http'), udp: at('udp') },
    [Symbol.asyncDispose]: async () => {
      server.http.closeAllConnections()
      server.close()
    },
  }
}

let hashes = 0
const newHash = () => (hashes++).toString(16).padStart(40, 'c')
const offer = (id: string) => ({
  offer: { type: 'offer', sdp: `v=0\r\ns=${id} "quoted" \\ \u{1f331}\r\n` },
  offer_id: `${id}\u0000\u00ff"\\`.padEnd(20, '-'),
})

describe.each([
  ['tabseed', startOurs],
  ['bittorrent-tracker', startStock],
] as const)('%s', (_, start) => {
  let tracker: Running
  beforeAll(async () => {
    tracker = await start()
  })
  afterAll(() => tracker[Symbol.asyncDispose]())

  const open = () => TrackerClient.open(tracker.announce.ws)

  test('passes offers and answers on as they are, and tells counts', async () => {
    const hash = newHash()
    using seed = await open()
    using reader = await open()
    const [seedId, readerId] = [peerIdNamed('s\u0001\u00fe'), peerIdNamed('r\u007f\u0080')]
    expect(await seed.announce(hash, seedId, { left: 0, event: 'started', numwant: 0 })).toMatchObject({
      action: 'announce',
      info_hash: binary(hash),
      complete: 1,
      incomplete: 0,
    })
    const counts = await reader.announce(hash, readerId, {
      event: 'started',
      numwant: 2,
      offers: [offer('1'), offer('2')],
    })
    expect(counts).toMatchObject({ complete: 1, incomplete: 1 })
    const relayed = await seed.take('offer')
    expect(relayed).toEqual({ action: 'announce', info_hash: binary(hash), peer_id: readerId, ...offer('1') })
    const answer = { type: 'answer', sdp: 'v=0\r\n\u2028' }
    const reply = {
      action: 'announce',
      info_hash: binary(hash),
      peer_id: seedId,
      to_peer_id: readerId,
      offer_id: relayed['offer_id'],
      answer,
    }
    seed.send(reply)
    expect(await reader.take('answer')).toMatchObject({
      action: 'announce',
      info_hash: binary(hash),
      peer_id: seedId,
      offer_id: relayed['offer_id'],
      answer,
    })
  })

  test('counts who completes, stops and goes', async () => {
    const hash = newHash()
    using one = await open()
    using two = await open()
    await one.announce(hash, peerIdNamed('one'), { event: 'started' })
    expect(await one.announce(hash, peerIdNamed('one'), { left: 0, event: 'completed' })).toMatchObject({
      complete: 1,
      incomplete: 0,
    })
    expect(await two.announce(hash, peerIdNamed('two'), { event: 'started' })).toMatchObject({
      complete: 1,
      incomplete: 1,
    })
    expect(await two.announce(hash, peerIdNamed('two'), { event: 'stopped' })).toMatchObject({
      complete: 1,
      incomplete: 0,
    })
    one.socket.close()
    await one.closed
    expect(await two.announce(hash, peerIdNamed('two'))).toMatchObject({ complete: 0, incomplete: 1 })
  })

  test('scrapes one info hash or some, with zeros for what nobody is in', async () => {
    const [hash, nobody] = [newHash(), newHash()]
    using client = await open()
    await client.announce(hash, peerIdNamed('one'))
    for (const infoHash of [binary(hash), [binary(hash), binary(nobody)]]) {
      client.send({ action: 'scrape', info_hash: infoHash })
      const { files } = await client.take('files')
      expect(files).toMatchObject({ [binary(hash)]: { complete: 0, incomplete: 1, downloaded: 0 } })
      if (typeof infoHash !== 'string') {
        expect(files).toMatchObject({ [binary(nobody)]: { complete: 0, incomplete: 0, downloaded: 0 } })
      }
    }
  })

  test.each(['ws', 'http', 'udp'] as const)("serves bittorrent-tracker's client over %s", async transport => {
    const infoHash = newHash()
    const clientOf = (name: string, port: number, left: number) =>
      new Client({
        infoHash,
        peerId: Buffer.from(peerIdNamed(name), 'latin1').toString('hex'),
        // The client has one socket an address, for all of a process; one of its own has another address.
        announce: [tracker.announce[transport] + (transport === 'ws' ? `?${name}` : '')],
        port,
        // Over WebSocket peers would be offers, which need a browser.
        getAnnounceOpts: () => ({ numwant: transport === 'ws' ? 0 : 10, left }),
      })
    const seed = clientOf('seed', 7001, 0)
    const reader = clientOf('reader', 7002, 50)
    /** What the client tells of the next answer. */
    const told = (client: Client, ask: () => void, event: 'update' | 'scrape' = 'update') => {
      const answer = once(client, event)
      ask()
      return answer.then(([value]) => value)
    }
    try {
      expect(await told(seed, () => seed.start())).toMatchObject({ complete: 1, incomplete: 0 })
      const found = new Set<string>()
      reader.on('peer', peer => found.add(peer))
      expect(await told(reader, () => reader.start())).toMatchObject({ complete: 1, incomplete: 1 })
      if (transport !== 'ws') await expect.poll(() => found).toContain('127.0.0.1:7001')
      expect(await told(seed, () => seed.scrape(), 'scrape')).toMatchObject({ complete: 1, incomplete: 1 })
      await told(reader, () => reader.stop())
      expect(await told(seed, () => seed.update())).toMatchObject({ complete: 1, incomplete: 0 })
    } finally {
      for (const client of [seed, reader]) {
        await new Promise<void>(resolve => client.destroy(resolve))
      }
    }
  })
})
