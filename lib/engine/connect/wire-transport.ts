import { debug } from '../../base/debug.ts'
import type { StreamSocket, Wire } from '../webtorrent-types.ts'
import type { Lanes } from './lanes/lanes.ts'
import { type Outlet, SendingRate } from './lanes/outlet.ts'
import type { RtcConnection } from './rtc-connection.ts'

const log = debug('engine:wire')

/** Carries the bytes of a wire to its peer, and says when it accepts more. */
export interface WireTransport {
  /** Further connections to the same peer; null over a socket. */
  readonly lanes: Lanes | null
  /** Called when there is room again. */
  onRoom: () => void
  /** True while the connection accepts more without queueing it in memory. */
  hasRoom(): boolean
  /** Milliseconds until `bytes` more would have left the first connection; 0 where it is unknown. */
  delayMs(bytes: number): number
}

/** BEP 3 `piece`. */
const PIECE = 7

/** Bytes a connection may hold unsent: enough to keep it busy while this tab does other work. */
const BUFFERED_MAX_BYTES = 1024 * 1024
const BUFFERED_LOW_BYTES = 256 * 1024
/** Beside lanes it holds little more than one of them, or the end of a download waits for it alone. */
const BESIDE_LANES_MAX_BYTES = 384 * 1024

/** Longest message we read; the longest legitimate one would be a bitfield of eight million pieces (BEP 3). */
const MESSAGE_MAX_BYTES = 1024 * 1024
/** Longer messages are skipped in parts of this size. */
const SKIPPED_BYTES = 64 * 1024
/** A message of this length is none: the stream is out of step, and everything after it would be misread. */
const NONSENSE_BYTES = 64 * 1024 * 1024

/**
 * Connects a peer's wire to its data channel directly, one protocol message to one channel message. webtorrent pipes them
 * through five streams, each block as two messages, behind a 64 KiB buffer; moving chunks between streams then takes most
 * of the tab's time.
 */
export class DataChannelTransport implements WireTransport, Outlet {
  readonly lanes: Lanes
  readonly #wire: Wire
  readonly #channel: RTCDataChannel
  readonly #rate = new SendingRate()
  onRoom: () => void = () => {}

  constructor(wire: Wire, connection: RtcConnection, lanes: Lanes) {
    this.#wire = wire
    this.lanes = lanes
    const { channel } = connection
    this.#channel = channel
    wire._push = bytes => this.#send(bytes)
    wire._message = (id, numbers, data) => {
      const [piece = 0, offset = 0] = numbers
      if (id === PIECE && data && lanes.send(piece, offset, data, this)) return
      this.#send(message(id, numbers, data))
    }
    lanes.onRoom = () => this.onRoom()
    guardMessages(wire)
    // Its own end comes through the stream.
    wire.on('data', bytes => this.#send(bytes))
    connection.onMessage(bytes => this.#receive(bytes))
    channel.bufferedAmountLowThreshold = BUFFERED_LOW_BYTES
    channel.onbufferedamountlow = () => this.onRoom()
    connection.once('close', () => {
      channel.onbufferedamountlow = null
      wire.destroy()
    })
  }

  get buffered(): number {
    return this.#channel.bufferedAmount
  }

  delayMs(bytes: number): number {
    return this.#rate.delayMs(bytes, this.buffered)
  }

  hasRoom(): boolean {
    const most = this.lanes.carrying > 0 ? BESIDE_LANES_MAX_BYTES : BUFFERED_MAX_BYTES
    return this.buffered < most || this.lanes.hasRoom
  }

  #send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#channel.readyState !== 'open') return
    try {
      this.#channel.send(bytes)
      this.#rate.add(bytes.length, this.buffered)
    } catch {
      // The buffer is full, or the channel has just closed: a message is lost, so the stream can't continue.
      this.#wire.destroy()
    }
  }

  #receive(bytes: Uint8Array): void {
    const wire = this.#wire
    if (wire.destroyed) return
    // One whole message and nothing buffered: no need for the wire's parser.
    if (wire._bufferSize === 0 && wire._parserSize === 4 && isWholeMessage(bytes)) {
      wire._onMessage(bytes.subarray(4))
      return
    }
    wire._write(bytes, () => {})
  }
}

/** How often a full socket is checked. */
const POLL_MS = 5

/** A TCP or uTP peer keeps webtorrent's own pipes; only their fill level is watched. */
export class PipedTransport implements WireTransport {
  readonly lanes = null
  readonly #wire: Wire
  readonly #socket: StreamSocket
  #timer: ReturnType<typeof setTimeout> | null = null
  onRoom: () => void = () => {}

  constructor(wire: Wire, socket: StreamSocket) {
    this.#wire = wire
    this.#socket = socket
    guardMessages(wire)
    wire.once('close', () => {
      if (this.#timer !== null) clearTimeout(this.#timer)
    })
  }

  delayMs(): number {
    return 0
  }

  hasRoom(): boolean {
    const waiting = this.#wire._readableState.buffered + (this.#socket.writableLength ?? 0)
    if (waiting < BUFFERED_MAX_BYTES) return true
    // `drain` does not help: it is never emitted where the system accepts everything at once.
    if (!this.#wire.destroyed) this.#timer ??= setTimeout(() => this.#poll(), POLL_MS)
    return false
  }

  #poll(): void {
    this.#timer = null
    if (this.hasRoom()) this.onRoom()
  }
}

function isWholeMessage(bytes: Uint8Array): boolean {
  if (bytes.length < 5) return false
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return length === bytes.length - 4 && length <= MESSAGE_MAX_BYTES
}

/**
 * A wire buffers a message of any announced length: no peer may make us buffer gigabytes, so long ones are skipped. And whatever a message makes fail,
 * in webtorrent's code or ours, ends this peer only: in Node, an error thrown here would end the process.
 */
function guardMessages(wire: Wire): void {
  const take = wire._onMessage
  wire._onMessage = bytes => {
    try {
      take.call(wire, bytes)
    } catch (reason) {
      log('message failed', { peer: wire.peerId, id: bytes[0], reason })
      wire.destroy()
    }
  }
  const parse = wire._onMessageLength
  wire._onMessageLength = bytes => {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
    if (length <= MESSAGE_MAX_BYTES) parse.call(wire, bytes)
    else if (length < NONSENSE_BYTES) skip(wire, length)
    else wire.destroy()
  }
}

function skip(wire: Wire, length: number): void {
  if (length === 0) {
    wire._parse(4, wire._onMessageLength)
    return
  }
  const next = Math.min(length, SKIPPED_BYTES)
  wire._parse(next, () => skip(wire, length - next))
}

function message(id: number, numbers: readonly number[], data: Uint8Array | null): Uint8Array<ArrayBuffer> {
  const head = 5 + 4 * numbers.length
  const bytes = new Uint8Array(head + (data?.length ?? 0))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length - 4)
  view.setUint8(4, id)
  for (const [index, number] of numbers.entries()) view.setUint32(5 + 4 * index, number)
  if (data) bytes.set(data, head)
  return bytes
}
