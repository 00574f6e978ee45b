import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { AppError } from '../../../lib/base/errors.ts'
import { METAINFO_MAX_BYTES } from '../../../lib/torrent/layout.ts'
import { ByteRoom } from '../../base/byte-room.ts'
import type { RequestOrigin } from '../origin.ts'
import type { Reply } from '../reply.ts'

const MIB = 1024 * 1024

/** Bodies of requests, by the length that they declare: eight of the largest `.torrent`s in JSON, four from one address. */
const BODIES = { total: 128 * MIB, perAddress: 64 * MIB }
/** Answers until they have been read. */
const ANSWERS = { total: 256 * MIB, perAddress: 64 * MIB }
/** Smaller ones are not counted: the kernel holds as much for each connection. */
const COUNTED_MIN = 16 * 1024
/** What a body of unknown length may become: the largest `.torrent` in base64. */
const UNKNOWN_LENGTH = Math.ceil(METAINFO_MAX_BYTES / 3) * 4

/** A holder of this age makes room for others when there is none; a body only if it was also slower than this. */
const GRACE_MS = 30_000
const BYTES_PER_MS_MIN = 4

/** Bounds the memory that requests and answers take, of one address (IPv6: one /64) and of all. */
export class HeldBytes {
  readonly #origin: RequestOrigin
  readonly #enabled: boolean
  readonly #bodies = new ByteRoom(BODIES)
  readonly #answers = new ByteRoom(ANSWERS)

  /** `enabled`: false for load tests. */
  constructor({ enabled, origin }: { readonly enabled: boolean; readonly origin: RequestOrigin }) {
    this.#enabled = enabled
    this.#origin = origin
  }

  /** Before the body of a request is read. Errors: `server_busy`. */
  takeBody(request: IncomingMessage, response: ServerResponse): void {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers
    const bytes = Math.min(UNKNOWN_LENGTH, coding === undefined ? Number(length ?? 0) : UNKNOWN_LENGTH)
    const { socket } = request
    const before = socket.bytesRead
    const start = performance.now()
    this.#take(this.#bodies, bytes, request, response, () => {
      const ms = performance.now() - start
      return ms > GRACE_MS && socket.bytesRead - before < ms * BYTES_PER_MS_MIN
    })
  }

  /** Before an answer is sent. Errors: `server_busy`. */
  takeAnswer({ body }: Reply, request: IncomingMessage, response: ServerResponse): void {
    // A stream holds no more than a few blocks.
    if (body === undefined || body instanceof Readable || request.method === 'HEAD') return
    const start = performance.now()
    this.#take(this.#answers, body.length, request, response, () => performance.now() - start > GRACE_MS)
  }

  #take(
    room: ByteRoom,
    bytes: number,
    request: IncomingMessage,
    response: ServerResponse,
    isSlow: () => boolean,
  ): void {
    if (!this.#enabled || !(bytes >= COUNTED_MIN)) return
    const end = () => response.destroy()
    const free = room.take(this.#origin.network(request), bytes, { isSlow, end })
    if (free === null) throw new AppError('server_busy', 'too many bytes on their way for your address')
    response.once('close', free)
  }
}
