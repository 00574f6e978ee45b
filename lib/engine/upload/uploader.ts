import type { TokenBuckets } from '../../base/token-bucket.ts'
import type { PieceSource } from '../../storage/piece-store.ts'
import type { Wire } from '../webtorrent-types.ts'
import type { Uplink } from './uplink.ts'

/** Largest block we send. */
export const SENT_BLOCK_MAX_BYTES = 128 * 1024

/** Requests that we ask a peer to have open at most (BEP 10 `reqq`). */
export const REQUESTS_WISHED = 2048

/** Most open requests of one peer that are remembered: some clients take no notice of `reqq`. */
const REQUESTS_MAX = 2 * REQUESTS_WISHED

/** Most refusals that are queued in memory for a peer that does not read them. */
const REFUSALS_MAX = 16_384

/** How soon requests that wait for others to answer them are looked at again. */
const LATER_MS = 200

/** Blocks that are read from the store at a time, for each peer. */
const READING_MAX = 8

interface UploaderOptions {
  readonly wire: Wire
  readonly source: PieceSource
  readonly pieceBytes: (piece: number) => number
  readonly has: (piece: number) => boolean
  readonly limit: TokenBuckets
  /** What all uploaders of the swarm share. */
  readonly uplink: Uplink
  /** True while the connection accepts more without queueing it in memory. */
  readonly hasRoom: () => boolean
  /** Bytes were sent. */
  readonly onBytes: () => void
  /** It asks again for a piece that it was sent whole. */
  readonly onRepeat: (piece: number) => void
  /** A piece that should be here could not be read. */
  readonly onReadError: (reason: unknown) => void
}

/**
 * Answers the requests of one peer (BEP 3, BEP 6): reads a block only when the connection has room for it, so that memory
 * does not grow with what peers ask for.
 */
export class Uploader {
  readonly #options: UploaderOptions
  #reading = 0
  /** Refusals since the connection last had room. */
  #refusals = 0
  /** Bytes sent of each piece. */
  readonly #sent = new Map<number, number>()
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(options: UploaderOptions) {
    this.#options = options
    const { wire } = options
    wire._onRequest = (piece, offset, length) => this.#onRequest(piece, offset, length)
    wire.once('close', () => {
      if (this.#timer !== null) clearTimeout(this.#timer)
    })
  }

  /** Send what can be sent now. Call when the connection has room again or a limit has changed. */
  pump(): void {
    const { hasRoom, limit, uplink, wire } = this.#options
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (hasRoom()) this.#refusals = 0
    // The requests at the front are being read.
    while (this.#reading < Math.min(READING_MAX, wire.peerRequests.length) && hasRoom() && !wire.destroyed) {
      const request = this.#next()
      if (!request) {
        if (wire.peerRequests.length > this.#reading) this.#timer = setTimeout(() => this.pump(), LATER_MS)
        return
      }
      const now = performance.now()
      const wait = limit.wait(now)
      if (wait > 0) {
        uplink.waits(wire, now)
        this.#timer = setTimeout(() => this.pump(), wait)
        return
      }
      limit.take(request.length)
      request.callback = READING
      // What cannot be sent to one peer ends that peer only.
      this.#send(request).catch(() => wire.destroy())
    }
  }

  /** Answer these requests once more: the answers were lost with the connection that carried them. */
  again(lost: readonly { readonly piece: number; readonly offset: number; readonly length: number }[]): void {
    const { has, wire } = this.#options
    const room = REQUESTS_MAX - wire.peerRequests.length
    const [kept, refused] = wire.amChoking ? [[], lost] : [lost.slice(0, room), lost.slice(room)]
    for (const { piece, offset, length } of refused) this.#refuse(piece, offset, length)
    const waiting = kept.filter(({ piece, offset, length }) => {
      if (!has(piece)) this.#refuse(piece, offset, length)
      return has(piece)
    })
    // Before the others, which were asked later.
    wire.peerRequests.unshift(...waiting.map(waitingRequest))
    this.pump()
  }

  #onRequest(piece: number, offset: number, length: number): void {
    const { has, pieceBytes, wire } = this.#options
    // The wire reads numbers from 2^31 on as negative ones.
    const isInside = piece >= 0 && offset >= 0 && length > 0 && offset + length <= pieceBytes(piece)
    const isTooLong = length > SENT_BLOCK_MAX_BYTES
    if (wire.amChoking || !isInside || isTooLong || !has(piece) || wire.peerRequests.length >= REQUESTS_MAX) {
      this.#refuse(piece, offset, length)
      return
    }
    if ((this.#sent.get(piece) ?? 0) >= pieceBytes(piece)) {
      this.#sent.delete(piece)
      this.#options.onRepeat(piece)
    }
    const now = performance.now()
    if (this.#options.uplink.verdict(wire, { piece, askedAt: now }, now) === 'elsewhere') {
      this.#refuse(piece, offset, length)
      return
    }
    wire.peerRequests.push(waitingRequest({ piece, offset, length }))
    this.pump()
  }

  /** The first request that may be answered now. Refuses those that others answer. */
  #next(): Wire['peerRequests'][number] | null {
    const { uplink, wire } = this.#options
    const now = performance.now()
    // Not filtered first: there may be thousands, and mostly one of the first is answered.
    for (let at = 0; at < wire.peerRequests.length; ) {
      const request = wire.peerRequests[at]
      const verdict = request?.callback === WAITING ? uplink.verdict(wire, request, now) : 'later'
      if (request && verdict === 'now') return request
      if (request && verdict === 'elsewhere') {
        wire.peerRequests.splice(at, 1)
        this.#refuse(request.piece, request.offset, request.length)
      } else at++
    }
    return null
  }

  async #send(request: Wire['peerRequests'][number]): Promise<void> {
    const { has, onBytes, onReadError, source, uplink, wire } = this.#options
    const { piece, offset, length } = request
    this.#reading++
    const bytes = await source.read(piece, offset, length).catch(reason => {
      // Not an error when the store has released the piece in the meantime.
      if (has(piece)) onReadError(reason)
      return null
    })
    this.#reading--
    const at = wire.peerRequests.indexOf(request)
    // Not found when it was cancelled or rejected in the meantime.
    if (at >= 0 && !wire.destroyed) {
      wire.peerRequests.splice(at, 1)
      if (bytes) {
        wire.piece(piece, offset, bytes)
        this.#sent.set(piece, (this.#sent.get(piece) ?? 0) + length)
        uplink.sent(wire, piece, performance.now())
        onBytes()
      } else this.#refuse(piece, offset, length)
    }
    this.pump()
  }

  /** What is not answered is rejected (BEP 6), or dropped where the peer does not know that; nobody is hung up on for it. */
  #refuse(piece: number, offset: number, length: number): void {
    const { hasRoom, wire } = this.#options
    if (!wire.hasFast || (this.#refusals >= REFUSALS_MAX && !hasRoom())) return
    this.#refusals++
    // Not `wire.reject`, which would forget an open request for the same block.
    wire._message(REJECT, [piece, offset, length], null)
  }
}

/** BEP 6 `reject request`. */
const REJECT = 0x10

const waitingRequest = (blocks: {
  readonly piece: number
  readonly offset: number
  readonly length: number
}) => ({
  ...blocks,
  askedAt: performance.now(),
  callback: WAITING,
})

const WAITING = () => {}
const READING = () => {}
