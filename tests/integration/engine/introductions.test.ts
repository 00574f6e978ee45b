import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import type { Metainfo } from '../../../lib/torrent/metainfo.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { openFileStore } from '../../../server/node-engine/file-store.ts'
import { noise, tempFolder } from '../../support/content/fixtures.ts'
import { publishedContent } from '../../support/content/hosted-shares.ts'
import { endAfterEach } from '../../support/test-ends.ts'

const LIMIT = { timeout: 30_000, interval: 50 }
const PIECE = 64 * 1024

const { ends } = endAfterEach()

/** Brings nobody together but the first who came, with each of the others. */
class StarTracker {
  readonly #server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  readonly #sockets = new Map<string, WebSocket>()
  #first = ''

  constructor() {
    this.#server.on('connection', socket => {
      socket.on('message', data => {
        const { info_hash, offers = [], peer_id, ...message } = JSON.parse(String(data))
        const say = (to: string, more: object) =>
          this.#sockets.get(to)?.send(JSON.stringify({ action: 'announce', info_hash, peer_id, ...more }))
        this.#first ||= peer_id
        this.#sockets.set(peer_id, socket)
        if (message.to_peer_id) {
          say(message.to_peer_id, { answer: message.answer, offer_id: message.offer_id })
          return
        }
        const count = this.#sockets.size
        socket.send(
          JSON.stringify({ action: 'announce', info_hash, interval: 120, complete: 1, incomplete: count }),
        )
        if (peer_id === this.#first) return
        for (const offer of offers.slice(0, 1)) say(this.#first, offer)
      })
    })
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

function newEngine(): SwarmEngine {
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  ends.push(() => engine.close())
  // Who subscribes gets the numbers of now.
  ends.push(engine.subscribe(() => undefined))
  return engine
}

/** One who publishes slowly, and two who read and know nobody else. */
async function star(metainfo: Metainfo, content: Uint8Array) {
  const folder = tempFolder()
  ends.push(() => folder[Symbol.dispose]())
  const tracker = new StarTracker()
  await tracker.listen()
  ends.push(() => tracker.close())
  // Swarms of one process share a socket to each URL, and would hear what is for the others.
  const network = (path: string) => ({ trackers: [`${tracker.url}/${path}`], iceServers: [], webSeeds: [] })
  const publisher = newEngine()
  publisher.setLimits(null, { upload: PIECE, download: null })
  await publisher.publish(metainfo, [new Blob([new Uint8Array(content)])], network('publisher'))
  await vi.waitFor(() => expect(publisher.getSwarm(metainfo.infoHash)?.tracker).toBe('connected'), LIMIT)
  const readers = [newEngine(), newEngine()]
  for (const [index, reader] of readers.entries()) {
    const store = await openFileStore(metainfo, [0], join(folder.path, `reader-${index}`))
    await reader.join(metainfo, [0], network(`reader-${index}`), store)
  }
  const peers = () => readers.map(reader => reader.getSwarm(metainfo.infoHash)?.peers.length)
  return { peers, publisher, readers, tracker }
}

test('two readers of one publisher find each other through it when the tracker is gone, and finish', async () => {
  const content = noise(24 * PIECE, 17)
  const { metainfo } = await publishedContent('star.bin', content, PIECE)
  const { peers, publisher, readers, tracker } = await star(metainfo, content)
  await vi.waitFor(() => expect(peers()).toEqual([1, 1]), LIMIT)
  tracker.close()
  await vi.waitFor(() => expect(peers()).toEqual([2, 2]), LIMIT)
  publisher.setLimits(null, { upload: null, download: null })
  await vi.waitFor(() => {
    expect(readers.map(reader => reader.getSwarm(metainfo.infoHash)?.state)).toEqual(['done', 'done'])
  }, LIMIT)
})

test('in a private share, nobody but the tracker brings peers together', { tags: 'long' }, async () => {
  const content = noise(24 * PIECE, 18)
  const { metainfo } = await publishedContent('private.bin', content, PIECE)
  const { peers, publisher, readers } = await star({ ...metainfo, private: true }, content)
  await vi.waitFor(() => expect(peers()).toEqual([1, 1]), LIMIT)
  publisher.setLimits(null, { upload: null, download: null })
  await vi.waitFor(() => {
    expect(readers.map(reader => reader.getSwarm(metainfo.infoHash)?.state)).toEqual(['done', 'done'])
  }, LIMIT)
  expect(peers()).toEqual([1, 1])
})
