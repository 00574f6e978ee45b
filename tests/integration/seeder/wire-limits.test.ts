import { openAsBlob } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { SwarmEngine } from '../../../lib/engine/engine.ts'
import { nodeClientOptions } from '../../../server/node-engine/client-options.ts'
import { contentIn } from '../../support/clients/node-publisher.ts'
import {
  EXTENDED,
  INTERESTED,
  message,
  PIECE,
  RawPeer,
  REJECT,
  REQUEST,
  UNCHOKE,
} from '../../support/clients/raw-peer.ts'
import { tempFolder } from '../../support/content/fixtures.ts'

const LIMIT = { timeout: 30_000, interval: 50 }
const BLOCK = 1024
/** More than anybody remembers for one peer. */
const FLOOD = 6_000

/** A seed in this process that peers reach over TCP. */
async function startSeed(folder: string) {
  const { metainfo, path } = await contentIn(folder, 1_000_000, 5)
  const engine = new SwarmEngine(nodeClientOptions({ port: 0, udpPorts: null, utp: false, dht: false }))
  const port = await engine.listen()
  await engine.publish(metainfo, [await openAsBlob(path)], { trackers: [], iceServers: [], webSeeds: [] })
  return { engine, metainfo, port, [Symbol.asyncDispose]: () => engine.close() }
}

async function unchoked(port: number, infoHash: string, options: { fast: boolean }): Promise<RawPeer> {
  const peer = await RawPeer.connect(port, infoHash, options)
  // Once it has said what it has.
  await vi.waitFor(() => expect(peer.count(EXTENDED)).toBe(1), LIMIT)
  peer.send(message(INTERESTED))
  await vi.waitFor(() => expect(peer.count(UNCHOKE)).toBe(1), LIMIT)
  return peer
}

/** Requests of consecutive blocks, as many as are wanted, over and over. */
const requests = (count: number) =>
  Array.from({ length: count }, (_, at) => message(REQUEST, 0, BLOCK * (at % 16), BLOCK))

/** More requests than the seed takes, sent by a peer that reads nothing meanwhile; resolves when it reads again. */
async function flood(peer: RawPeer): Promise<void> {
  peer.socket.pause()
  await new Promise<unknown>(resolve => peer.socket.write(Buffer.concat(requests(FLOOD)), resolve))
  peer.socket.resume()
}

test('a peer with more requests than we remember gets a no for the rest, and stays', async () => {
  using folder = tempFolder()
  await using seed = await startSeed(folder.path)
  const peer = await unchoked(seed.port, seed.metainfo.infoHash, { fast: true })
  await flood(peer)
  await vi.waitFor(() => expect(peer.count(PIECE) + peer.count(REJECT)).toBe(FLOOD), LIMIT)
  expect(peer.count(PIECE)).toBeGreaterThan(1_000)
  expect(peer.count(REJECT)).toBeGreaterThan(0)
  expect(peer.socket.closed).toBe(false)
  peer.socket.destroy()
})

test('and one without the fast extension is still answered afterwards', async () => {
  using folder = tempFolder()
  await using seed = await startSeed(folder.path)
  const peer = await unchoked(seed.port, seed.metainfo.infoHash, { fast: false })
  await flood(peer)
  await vi.waitFor(() => expect(peer.count(PIECE)).toBeGreaterThan(1_000), LIMIT)
  const last = message(REQUEST, 3, 0, 3 * BLOCK)
  peer.send(last)
  const isLast = (block: Buffer) => block.length === 8 + 3 * BLOCK
  await vi.waitFor(() => expect(peer.received.get(PIECE)?.some(isLast)).toBe(true), LIMIT)
  expect(peer.socket.closed).toBe(false)
  peer.socket.destroy()
})

test('the handshake says how many requests a peer may have open', async () => {
  using folder = tempFolder()
  await using seed = await startSeed(folder.path)
  const peer = await RawPeer.connect(seed.port, seed.metainfo.infoHash, { fast: true })
  await vi.waitFor(() => expect(peer.count(EXTENDED)).toBeGreaterThan(0), LIMIT)
  expect(peer.received.get(EXTENDED)?.[0]?.toString('latin1')).toContain('4:reqqi2048e')
  peer.socket.destroy()
})

test('requests of what is not there, and messages that are too long, are no reason to hang up', async () => {
  using folder = tempFolder()
  await using seed = await startSeed(folder.path)
  const peer = await unchoked(seed.port, seed.metainfo.infoHash, { fast: true })
  const odd = [
    [0, 0, 0],
    [0, 0, 1024 * 1024],
    [0, 2 ** 32 - 1, BLOCK],
    [3, 2 ** 31, 2 ** 31],
    [1_000_000, 0, BLOCK],
    [2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1],
  ]
  peer.send(...odd.map(numbers => message(REQUEST, ...numbers)))
  await vi.waitFor(() => expect(peer.count(REJECT)).toBe(odd.length), LIMIT)
  const long = Buffer.alloc(4 + 3_000_000)
  long.writeUInt32BE(3_000_000)
  peer.send(long, message(REQUEST, 0, 0, BLOCK))
  await vi.waitFor(() => expect(peer.count(PIECE)).toBe(1), LIMIT)
  peer.socket.destroy()
})
