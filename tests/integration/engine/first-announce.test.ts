import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { noise } from '../../support/content/fixtures.ts'
import { publishedContent } from '../../support/content/hosted-shares.ts'

const LIMIT = { timeout: 20_000, interval: 20 }

interface Announce {
  readonly event?: string
  readonly offers?: readonly unknown[]
}

/** A tracker that notes each announce and says that two are there, `late` after a socket was asked for. */
async function listeningTracker() {
  const announces: Announce[] = []
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    // As over a long line: a socket takes longer to open than an offer to make.
    verifyClient: (_, accept) => setTimeout(accept, 300, true),
  })
  server.on('connection', socket => {
    socket.on('message', data => {
      const { info_hash, ...message } = JSON.parse(String(data))
      announces.push(message)
      socket.send(
        JSON.stringify({ action: 'announce', info_hash, interval: 120, complete: 1, incomplete: 1 }),
      )
    })
  })
  await once(server, 'listening')
  return {
    announces,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => {
      for (const client of server.clients) client.terminate()
      server.close()
    },
  }
}

const offersOf = ({ offers = [] }: Announce): number => offers.length

test('a reader’s first announce carries an offer that was made while the socket opened; the others follow the answer', async () => {
  using tracker = await listeningTracker()
  const content = new Uint8Array(noise(100_000, 5))
  const { metainfo } = await publishedContent('content.bin', content, 16 * 1024)
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const network = { trackers: [tracker.url], iceServers: [], webSeeds: [] }
  await engine.join(metainfo, [0], network, new MemoryStore(metainfo))
  await vi.waitFor(() => expect(tracker.announces.length).toBeGreaterThanOrEqual(2), LIMIT)
  await engine.close()
  expect(tracker.announces[0]).toMatchObject({ event: 'started' })
  expect(tracker.announces.slice(0, 2).map(offersOf)).toEqual([1, 1])
}, 30_000)

test('a publisher makes offers once somebody is there', async () => {
  using tracker = await listeningTracker()
  const content = new Uint8Array(noise(100_000, 6))
  const { metainfo } = await publishedContent('content.bin', content, 16 * 1024)
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const network = { trackers: [tracker.url], iceServers: [], webSeeds: [] }
  await engine.publish(metainfo, [new Blob([content])], network)
  await vi.waitFor(() => expect(tracker.announces.length).toBeGreaterThanOrEqual(2), LIMIT)
  await engine.close()
  expect(tracker.announces.slice(0, 2).map(offersOf)).toEqual([0, 1])
}, 30_000)
