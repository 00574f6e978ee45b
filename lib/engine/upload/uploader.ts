import type { TokenBuckets } from '../../base/token-bucket.ts'
import type { PieceSource } from '../../storage/piece-store.ts'
import type { Wire } from '../webtorrent.ts'

/** Largest block we send at once; whoever asks for more is cut off, as other clients do. */
export const SENT_BLOCK_MAX_BYTES = 128 * 1024

/** Requests one peer may have waiting: no honest peer asks for more at once. */
const REQUESTS_MAX = 4096

/** Blocks read ahead of what the connection takes, for each peer. */
const READING_MAX = 8

interface UploaderOptions {
  readonly wire: Wire
  readonly source: PieceSource
  readonly pieceBytes: (piece: number) => number
  readonly has: (piece: number) => boolean
  readonly limit: TokenBuckets
  /** True while the connection takes more without queueing it in memory. */
  readonly hasRoom: () => boolean
  /** Bytes went out. */
  readonly onBytes: () => void
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
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(options: UploaderOptions) {
    this.#options = options
    const { wire } = options
    wire._onRequest = (piece, offset, length) => this.#onRequest(piece, offset, length)
    wire.once('close', () => {
      if (this.#timer !== null) clearTimeout(this.#timer)
    })
  }

  /** Go on: the connection has room, or there is something to send. */
  pump(): void {
    const { hasRoom, limit, wire } = this.#options
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    // Those at the front are being read.
    while (this.#reading < Math.min(READING_MAX, wire.peerRequests.length) && hasRoom() && !wire.destroyed) {
      const wait = limit.wait(performance.now())
      if (wait > 0) {
        this.#timer = setTimeout(() => this.pump(), wait)
        return
      }
      const request = wire.peerRequests.find(({ callback }) => callback === WAITING)
      if (!request) return
      limit.take(request.length)
      request.callback = READING
      void this.#send(request)
    }
  }

  #onRequest(piece: number, offset: number, length: number): void {
    const { has, pieceBytes, wire } = this.#options
    const outside =
      offset < 0 || length <= 0 || length > SENT_BLOCK_MAX_BYTES || offset + length > pieceBytes(piece)
    if (outside || wire.peerRequests.length >= REQUESTS_MAX) {
      wire.destroy()
      return
    }
    if (wire.amChoking || !has(piece)) {
      if (wire.hasFast) wire.reject(piece, offset, length)
      return
    }
    wire.peerRequests.push({ piece, offset, length, callback: WAITING })
    this.pump()
  }

  async #send(request: Wire['peerRequests'][number]): Promise<void> {
    const { has, onBytes, onReadError, source, wire } = this.#options
    const { piece, offset, length } = request
    this.#reading++
    const bytes = await source.read(piece, offset, length).catch(reason => {
      // One that was let go of meanwhile is no fault.
      if (has(piece)) onReadError(reason)
      return null
    })
    this.#reading--
    const at = wire.peerRequests.indexOf(request)
    // Cancelled or choked meanwhile: already answered.
    if (at >= 0 && !wire.destroyed) {
      wire.peerRequests.splice(at, 1)
      if (bytes) {
        wire.piece(piece, offset, bytes)
        onBytes()
      } else if (wire.hasFast) {
        wire.reject(piece, offset, length)
      }
    }
    this.pump()
  }
}

const WAITING = () => {}
const READING = () => {}
