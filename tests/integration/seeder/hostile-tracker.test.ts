import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { SDP_MAX } from '../../../lib/protocol/announce.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { openFileStore } from '../../../server/node-engine/file-store.ts'
import { binary, peerIdNamed } from '../../support/clients/tracker-client.ts'
import { tempFolder } from '../../support/content/fixtures.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 20_000, interval: 20 }
const OFFER_ID = 'o'.repeat(20)

interface Announce {
  readonly peer_id: string
  readonly offers?: readonly { readonly offer: { readonly sdp: string }; readonly offer_id: string }[]
  readonly answer?: { readonly sdp: string }
  readonly to_peer_id?: string
  readonly offer_id?: string
}

/** A tracker that says what a test wants, and keeps what it is told. */
class HostileTracker {
  readonly #server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  readonly announces: Announce[] = []
  connections = 0
  client: WebSocket | null = null

  constructor() {
    this.#server.on('connection', socket => {
      this.connections++
      this.client = socket
      socket.on('message', data => {
        const message = JSON.parse(String(data))
        // Offers come once a tracker has said that somebody is there.
        if (this.announces.push(message) > 1) return
        const { info_hash } = message
        socket.send(
          JSON.stringify({ action: 'announce', info_hash, interval: 120, complete: 1, incomplete: 1 }),
        )
      })
    })
  }

  /** Those of the first announce that has any. */
  get offers(): NonNullable<Announce['offers']> {
    return this.announces.find(({ offers }) => offers?.length)?.offers ?? []
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async listen(): Promise<void> {
    await once(this.#server, 'listening')
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate()
    this.#server.close()
  }
}

const { ends } = endAfterEach()

/** A node's engine that wants a share nobody has, and the tracker it announces to. */
async function reader(name: string) {
  const tracker = new HostileTracker()
  await tracker.listen()
  ends.push(() => tracker.close())
  const folder = tempFolder()
  ends.push(() => folder[Symbol.dispose]())
  const content = Buffer.alloc(100, name)
  const pieces = createHash('sha1').update(content).digest()
  const infoBytes = encodeInfo({ name, pieceLength: 16_384, pieces, private: false, length: 100 })
  const metainfo = await parseMetainfo(encodeTorrent({ infoBytes, announceList: [] }))
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  ends.push(() => engine.close())
  const store = await openFileStore(metainfo, [0], join(folder.path, 'reader'))
  await engine.join(metainfo, [0], { trackers: [tracker.url], iceServers: [], webSeeds: [] }, store)
  await vi.waitFor(() => expect(tracker.offers.length).toBeGreaterThan(0), LIMIT)
  const say = (message: unknown) => tracker.client?.send(JSON.stringify(message))
  const swarm = binary(metainfo.infoHash)
  return { engine, metainfo, say, swarm, tracker }
}

/** It heeds a good message: it answers an offer. */
async function expectAlive({ engine, metainfo, say, swarm, tracker }: Awaited<ReturnType<typeof reader>>) {
  const offer = tracker.offers[0]?.offer
  const id = peerIdNamed(`good ${tracker.announces.length}`)
  say({ action: 'announce', info_hash: swarm, peer_id: id, offer, offer_id: OFFER_ID })
  await vi.waitFor(() => {
    const answer = tracker.announces.find(({ to_peer_id }) => to_peer_id === id)
    expect(answer).toMatchObject({ offer_id: OFFER_ID, answer: { sdp: expect.stringContaining('v=0') } })
  }, LIMIT)
  expect(engine.getSwarm(metainfo.infoHash)?.error).toBeNull()
  // The connection to the tracker stood through it all.
  expect(tracker.connections).toBe(1)
}

test('what no client would take is passed over, and the next good message is heeded', async () => {
  const peer = await reader('messages')
  const { say, swarm, tracker } = peer
  const from = peerIdNamed('hostile')
  const announce = (more: object) => ({ action: 'announce', info_hash: swarm, peer_id: from, ...more })
  const answer = { type: 'answer', sdp: 'v=0' }
  const ownOffer = tracker.offers[0]?.offer_id
  const bad: readonly unknown[] = [
    null,
    5,
    'null',
    [],
    {},
    { action: 'announce' },
    { action: 'announce', info_hash: 5 },
    { action: 'announce', info_hash: {}, peer_id: {} },
    { action: 'scrape', files: { x: null } },
    { action: 'scrape', files: 5 },
    { action: 'explode' },
    { 'failure reason': 'no action', info_hash: swarm },
    announce({ peer_id: 5, offer: { type: 'offer', sdp: 'v=0' }, offer_id: OFFER_ID }),
    announce({ offer: null, offer_id: OFFER_ID }),
    announce({ offer: 5, offer_id: OFFER_ID }),
    announce({ offer: { type: 'offer' }, offer_id: OFFER_ID }),
    announce({ offer: { type: 'offer', sdp: 5 }, offer_id: OFFER_ID }),
    announce({ offer: { type: 'pranswer', sdp: '' }, offer_id: OFFER_ID }),
    announce({ offer: { type: 'offer', sdp: 'x'.repeat(SDP_MAX + 1) }, offer_id: OFFER_ID }),
    announce({ answer }),
    announce({ answer, offer_id: 5 }),
    announce({ answer, offer_id: null }),
    announce({ answer, offer_id: {} }),
    announce({ answer: null, offer_id: ownOffer }),
    announce({ interval: -1, complete: {} }),
    announce({ interval: 1e300 }),
    announce({ 'tracker id': {} }),
    announce({ 'failure reason': { toString: 5 } }),
    announce({ 'tracker id': 'x'.repeat(1024 * 1024) }),
  ]
  for (const message of bad) say(message)
  for (const text of ['', 'null', '{', '['.repeat(60_000), '\u0000', '"', 'x'.repeat(1024 * 1024)]) {
    tracker.client?.send(text)
  }
  for (const bytes of [[], [0], [0xff, 0xfe, 0x00], Array.from({ length: 999 }, (_, at) => at % 256)]) {
    tracker.client?.send(Buffer.from(bytes))
  }
  await expectAlive(peer)
})

test('descriptions that are none, for offers that are its own or nobody’s, end no more than that connection', async () => {
  const peer = await reader('descriptions')
  const { say, swarm, tracker } = peer
  const { offer, offer_id: ownId = '' } = tracker.offers[0] ?? {}
  const from = peerIdNamed('hostile')
  const announce = (more: object) => ({ action: 'announce', info_hash: swarm, peer_id: from, ...more })
  for (const sdp of ['', 'v=0', 'not a description', '\u0000', offer?.sdp.replaceAll('\r\n', ' ')]) {
    say(announce({ offer: { type: 'offer', sdp }, offer_id: OFFER_ID }))
    say(announce({ answer: { type: 'answer', sdp }, offer_id: OFFER_ID }))
  }
  // An offer given back as its own answer, and then a second answer to it.
  say(announce({ answer: { type: 'answer', sdp: offer?.sdp }, offer_id: ownId }))
  say(announce({ answer: { type: 'answer', sdp: 'v=0' }, offer_id: ownId }))
  const { offer_id: otherId = '' } = tracker.offers[1] ?? {}
  say(announce({ answer: { type: 'answer', sdp: 'junk' }, offer_id: otherId }))
  await expectAlive(peer)
})

test('a flood of offers takes a bounded number of connections, and others are answered once those have failed', {
  tags: 'long',
  timeout: 60_000,
}, async () => {
  const peer = await reader('flood')
  const { say, swarm, tracker } = peer
  const { offer } = tracker.offers[0] ?? {}
  const before = tracker.announces.length
  for (let at = 0; at < 1_000; at++) {
    say({
      action: 'announce',
      info_hash: swarm,
      peer_id: peerIdNamed(`flood ${at}`),
      offer,
      offer_id: OFFER_ID,
    })
  }
  const answers = () => tracker.announces.slice(before).filter(({ answer }) => answer).length
  // Each has ten seconds to become a connection.
  const late = peerIdNamed('late')
  await vi.waitFor(() => {
    say({ action: 'announce', info_hash: swarm, peer_id: late, offer, offer_id: OFFER_ID })
    expect(tracker.announces.some(({ to_peer_id }) => to_peer_id === late)).toBe(true)
  }, LIMIT)
  expect(answers()).toBeGreaterThanOrEqual(50)
  expect(answers()).toBeLessThanOrEqual(110)
})
