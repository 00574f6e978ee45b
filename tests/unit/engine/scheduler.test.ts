import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TokenBucket, TokenBuckets } from '../../../lib/base/token-bucket.ts'
import { ReadPositions } from '../../../lib/engine/schedule/read-positions.ts'
import { Scheduler } from '../../../lib/engine/schedule/scheduler.ts'
import type { Wire } from '../../../lib/engine/webtorrent-types.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { setPiece } from '../../../lib/torrent/piece-map.ts'
import { noise } from '../../support/content/fixtures.ts'

const PIECE = 64 * 1024
const PIECES = 12

/** How a peer answers a request: with the bytes, with other bytes, with a refusal, or not at all. */
type Answer = 'true' | 'false' | 'reject' | 'never'

type Done = (error: Error | null, bytes: Uint8Array | null) => void

/** A fake wire, as far as the scheduler uses it; an answer takes 10 ms. */
class Peer extends EventEmitter {
  readonly asked: number[] = []
  readonly requests: { readonly piece: number; readonly offset: number; readonly done: Done }[] = []
  readonly peerPieces: { get(piece: number): boolean }
  readonly peerExtendedHandshake = {}
  readonly lt_donthave = new EventEmitter()
  readonly #content: Uint8Array
  answer: (piece: number) => Answer
  peerChoking = false
  amInterested = false
  destroyed = false
  downloaded = 0
  readonly peerId: string

  constructor(
    peerId: string,
    content: Uint8Array,
    answer: (piece: number) => Answer,
    has = (_piece: number) => true,
  ) {
    super()
    this.peerId = peerId
    this.#content = content
    this.answer = answer
    this.peerPieces = { get: has }
  }

  downloadSpeed = () => this.downloaded
  interested = () => {
    this.amInterested = true
  }
  uninterested = () => {
    this.amInterested = false
  }
  setTimeout = () => {}

  request(piece: number, offset: number, length: number, done: Done): void {
    this.asked.push(piece)
    const request = { piece, offset, done }
    this.requests.push(request)
    const answer = this.answer(piece)
    if (answer === 'never') return
    setTimeout(() => {
      const at = this.requests.indexOf(request)
      if (at < 0) return
      this.requests.splice(at, 1)
      if (answer === 'reject') {
        done(new Error('rejected'), null)
        return
      }
      this.downloaded += length
      const start = piece * PIECE + offset
      done(null, answer === 'true' ? this.#content.slice(start, start + length) : new Uint8Array(length))
    }, 10)
  }

  cancel(piece: number, offset: number): void {
    const at = this.requests.findIndex(request => request.piece === piece && request.offset === offset)
    if (at >= 0) this.requests.splice(at, 1)[0]?.done(new Error('cancelled'), null)
  }

  choke(): void {
    this.peerChoking = true
    this.emit('choke')
  }

  destroy(): void {
    this.destroyed = true
    for (const request of this.requests.splice(0)) request.done(new Error('closed'), null)
    this.emit('close')
  }

  get wire(): Wire {
    return this as unknown as Wire
  }
}

async function swarm({ pieces = PIECES, pieceLength = PIECE } = {}) {
  const content = noise(pieces * pieceLength, 5)
  const digests = Array.from({ length: pieces }, (_, index) =>
    createHash('sha1')
      .update(content.subarray(index * pieceLength, (index + 1) * pieceLength))
      .digest(),
  )
  const info = {
    name: 'content',
    pieceLength,
    pieces: Buffer.concat(digests),
    private: false,
    length: content.length,
  }
  const metainfo = await parseMetainfo(encodeTorrent({ infoBytes: encodeInfo(info), announceList: [] }))
  const here = new Set<number>()
  const bad: ReadonlySet<Wire>[] = []
  const limit = new TokenBucket()
  store = new MemoryStore(metainfo)
  const scheduler = new Scheduler({
    metainfo,
    store,
    held: here,
    readPositions: new ReadPositions(pieceLength),
    limit: new TokenBuckets(limit),
    onPiece: piece => here.add(piece),
    onBadPiece: sources => bad.push(sources),
    onStoreError: reason => {
      throw reason
    },
    onBytes: () => {},
    onFill: () => {},
  })
  const want = (...wanted: number[]) => {
    const bits = new Uint8Array(Math.ceil(pieces / 8))
    for (const piece of wanted) setPiece(bits, piece)
    scheduler.want(bits)
  }
  want(...Array(pieces).keys())
  return { content, scheduler, here, bad, limit, want }
}

/** The store of the running test: hashing takes real time. */
let store: MemoryStore

/** Advances the clock by `ms`. */
async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 20) {
    await vi.advanceTimersByTimeAsync(20)
    do await new Promise(resolve => setImmediate(resolve))
    while (store.pendingBytes > 0)
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('Scheduler', () => {
  it('fetches everything from a peer that has it', async () => {
    const { content, here, scheduler } = await swarm()
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(3000)
    expect(here.size).toBe(PIECES)
  })

  it('requests from another peer what one rejects, and does not repeat the rejected requests', async () => {
    const { content, here, scheduler } = await swarm()
    const refuser = new Peer('refuser', content, () => 'reject')
    scheduler.addPeer(refuser.wire)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(5000)
    expect(here.size).toBe(PIECES)
    expect(refuser.asked.length).toBeLessThan(200)
  })

  it('fetches a failed piece from another peer when the exclusive one chokes', async () => {
    const { content, here, scheduler } = await swarm()
    const liar = new Peer('liar', content, () => 'false')
    const seed = new Peer('seed', content, () => 'true')
    scheduler.addPeer(liar.wire)
    await pass(300)
    // Pieces of it have failed now, and are requested from it again.
    liar.answer = () => 'never'
    await pass(100)
    liar.choke()
    for (const request of liar.requests.splice(0)) request.done(new Error('rejected'), null)
    scheduler.addPeer(seed.wire)
    await pass(5000)
    expect(here.size).toBe(PIECES)
  })

  it('fetches a failed piece from another peer when the exclusive one does not answer', async () => {
    const { content, here, scheduler } = await swarm()
    const liar = new Peer('liar', content, () => 'false')
    scheduler.addPeer(liar.wire)
    await pass(300)
    liar.answer = () => 'never'
    await pass(100)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(60_000)
    expect(here.size).toBe(PIECES)
  })

  it('continues when started pieces are no longer wanted', async () => {
    const pieces = 6
    const { content, here, scheduler, want } = await swarm({ pieces, pieceLength: 16 * 1024 * 1024 })
    // Nothing is complete when the wanted pieces change.
    const seed = new Peer('seed', content, () => 'never')
    scheduler.addPeer(seed.wire)
    for (let piece = 0; piece < pieces - 1; piece++) {
      want(piece)
      await pass(200)
      for (const request of seed.requests.splice(0)) request.done(new Error('rejected'), null)
    }
    want(pieces - 1)
    await pass(200)
    expect(seed.requests.map(({ piece }) => piece)).toContain(pieces - 1)
    expect(here.size).toBe(0)
    for (let piece = 0; piece < pieces - 1; piece++) expect(scheduler.isActive(piece)).toBe(false)
  })

  it('requests from a third peer what two others never send', async () => {
    const { content, here, scheduler } = await swarm()
    for (const id of ['one', 'two']) scheduler.addPeer(new Peer(id, content, () => 'never').wire)
    await pass(10_000)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(30_000)
    expect(here.size).toBe(PIECES)
  })

  it('continues at once when a limit is lifted', async () => {
    const { content, here, limit, scheduler } = await swarm()
    limit.setRate(100)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(2000)
    expect(here.size).toBeLessThan(PIECES)
    limit.setRate(null)
    scheduler.fill()
    await pass(3000)
    expect(here.size).toBe(PIECES)
  })

  it('fetches pieces that two peers spoiled from one alone, and reports only that one', async () => {
    const { bad, content, here, scheduler } = await swarm()
    const liar = new Peer('liar', content, () => 'false')
    const seed = new Peer('seed', content, () => 'true')
    scheduler.addPeer(liar.wire)
    scheduler.addPeer(seed.wire)
    await pass(500)
    // The engine bans a peer that was the only source of a bad piece twice.
    const alone = bad.filter(sources => sources.size === 1)
    expect(alone.length).toBeGreaterThanOrEqual(2)
    expect(new Set(alone.flatMap(sources => [...sources]))).toEqual(new Set([liar.wire]))
    liar.destroy()
    await pass(5000)
    expect(here.size).toBe(PIECES)
  })

  it('fetches little from a new peer before a piece of it is verified, and mixes none of it with what others sent', async () => {
    const pieces = 160
    const { bad, content, here, scheduler } = await swarm({ pieces })
    const liar = new Peer('liar', content, () => 'false')
    scheduler.addPeer(liar.wire)
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(20)
    expect(new Set(liar.asked).size).toBe(1024 ** 2 / PIECE)
    while (bad.length === 0) await pass(20)
    liar.destroy()
    await pass(5000)
    expect(here.size).toBe(pieces)
    expect(new Set(bad.map(sources => sources.size))).toEqual(new Set([1]))
  })

  it('lets others complete what a new peer started before it left', async () => {
    const { content, here, scheduler } = await swarm({ pieces: 1, pieceLength: 4 * PIECE })
    let answers = 2
    const quitter = new Peer('quitter', content, () => (answers-- > 0 ? 'true' : 'never'))
    scheduler.addPeer(quitter.wire)
    await pass(200)
    quitter.destroy()
    scheduler.addPeer(new Peer('seed', content, () => 'true').wire)
    await pass(1000)
    expect(here.size).toBe(1)
  })

  it('takes its requests back from a peer that chokes and leaves them unanswered', async () => {
    const { content, scheduler } = await swarm()
    const silent = new Peer('silent', content, () => 'never')
    scheduler.addPeer(silent.wire)
    await pass(200)
    silent.choke()
    expect(silent.requests.length).toBeGreaterThan(0)
    await pass(60_000)
    expect(silent.requests).toEqual([])
    // A slow peer is no enemy: it may unchoke us yet.
    expect(silent.destroyed).toBe(false)
  })

  it('never requests half a block, whatever block size a peer announces', async () => {
    const { content, scheduler } = await swarm()
    const seed = new Peer('seed', content, () => 'never')
    seed.downloaded = 10_000_000
    scheduler.addPeer(seed.wire)
    scheduler.setBlockBytes(seed.wire, 20_000)
    await pass(100)
    expect(seed.requests.length).toBeGreaterThan(0)
    expect(seed.requests.every(({ offset }) => offset % 16_384 === 0)).toBe(true)
  })
})
