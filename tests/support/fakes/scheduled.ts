import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { vi } from 'vitest'
import { TokenBucket, TokenBuckets } from '../../../lib/base/token-bucket.ts'
import { ReadPositions } from '../../../lib/engine/schedule/read-positions.ts'
import { Scheduler } from '../../../lib/engine/schedule/scheduler.ts'
import type { Wire } from '../../../lib/engine/webtorrent-types.ts'
import { MemoryStore } from '../../../lib/storage/memory-store.ts'
import { encodeInfo, encodeTorrent } from '../../../lib/torrent/encode-torrent.ts'
import { parseMetainfo } from '../../../lib/torrent/metainfo.ts'
import { setPiece } from '../../../lib/torrent/piece-map.ts'
import { noise } from '../content/fixtures.ts'

export const PIECE = 64 * 1024
export const PIECES = 12

/** How a peer answers a request: with the bytes, with other bytes, with a refusal, or not at all. */
type Answer = 'true' | 'false' | 'reject' | 'never'

type Done = (error: Error | null, bytes: Uint8Array | null) => void

/** A fake wire, as far as the scheduler uses it; an answer takes 10 ms. */
export class Peer extends EventEmitter {
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

/** A scheduler and its content. */
export async function swarm({ pieces = PIECES, pieceLength = PIECE } = {}) {
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
export async function pass(ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 20) {
    await vi.advanceTimersByTimeAsync(20)
    do await new Promise(resolve => setImmediate(resolve))
    while (store.pendingBytes > 0)
  }
}
