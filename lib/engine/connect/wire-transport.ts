import type { Connection, Peer, Wire } from '../webtorrent.ts'

/** How the bytes of a wire get to its peer, and when it takes more. */
export interface Lane {
  /** Called when there is room again. */
  onRoom: () => void
  /** True while the connection takes more without queueing it in memory. */
  hasRoom(): boolean
}

/** Bytes a connection may hold unsent: enough to keep it busy while this tab does something else. */
const BUFFERED_MAX_BYTES = 1024 * 1024
const BUFFERED_LOW_BYTES = 256 * 1024

/** No message of BEP 3, 6, 9 or 10 that we take is longer (a bitfield of eight million pieces). */
const MESSAGE_MAX_BYTES = 1024 * 1024

/**
 * Joins a peer's wire with its data channel directly, one message of the protocol to one message of the channel.
 * webtorrent pipes both through five streams, each block as two messages, behind 64 KiB of buffer; what is left of the
 * time then goes into passing chunks on.
 */
export class ChannelLane implements Lane {
  readonly #wire: Wire
  readonly #channel: RTCDataChannel
  onRoom: () => void = () => {}

  constructor(wire: Wire, connection: Connection) {
    this.#wire = wire
    const channel = connection._channel
    this.#channel = channel
    wire._push = bytes => this.#send(bytes)
    wire._message = (id, numbers, data) => this.#send(message(id, numbers, data))
    limitMessages(wire)
    // Its own end comes through the stream.
    wire.on('data', bytes => this.#send(bytes))
    // What came before this moment stands in the connection's stream.
    connection.on('data', bytes => this.#receive(bytes))
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#receive(new Uint8Array(data))
    channel.bufferedAmountLowThreshold = BUFFERED_LOW_BYTES
    channel.onbufferedamountlow = () => this.onRoom()
    connection.once('close', () => {
      channel.onmessage = null
      channel.onbufferedamountlow = null
      wire.destroy()
    })
  }

  hasRoom(): boolean {
    return this.#channel.bufferedAmount < BUFFERED_MAX_BYTES
  }

  #send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#channel.readyState !== 'open') return
    try {
      this.#channel.send(bytes)
    } catch {
      // Its buffer is full, or it closed just now: the stream of messages has a hole and is of no use any more.
      this.#wire.destroy()
    }
  }

  #receive(bytes: Uint8Array): void {
    const wire = this.#wire
    if (wire.destroyed) return
    // One whole message, and none begun: nothing to join or cut.
    if (wire._bufferSize === 0 && wire._parserSize === 4 && isWholeMessage(bytes)) {
      wire._onMessage(bytes.subarray(4))
      return
    }
    wire._write(bytes, () => {})
  }
}

/** How soon a full connection of a computer is looked at again. */
const LOOK_MS = 5

/** A TCP or uTP peer keeps webtorrent's own pipes; only their fill is watched. */
export class PipedLane implements Lane {
  readonly #wire: Wire
  readonly #connection: Peer['conn']
  #timer: ReturnType<typeof setTimeout> | null = null
  onRoom: () => void = () => {}

  constructor(wire: Wire, connection: Peer['conn']) {
    this.#wire = wire
    this.#connection = connection
    limitMessages(wire)
    wire.once('close', () => {
      if (this.#timer !== null) clearTimeout(this.#timer)
    })
  }

  hasRoom(): boolean {
    const waiting = this.#wire._readableState.buffered + (this.#connection.writableLength ?? 0)
    if (waiting < BUFFERED_MAX_BYTES) return true
    // Its `drain` is no help: a system that takes everything at once never makes the connection say it.
    if (!this.#wire.destroyed) this.#timer ??= setTimeout(() => this.#look(), LOOK_MS)
    return false
  }

  #look(): void {
    this.#timer = null
    if (this.hasRoom()) this.onRoom()
  }
}

function isWholeMessage(bytes: Uint8Array): boolean {
  if (bytes.length < 5) return false
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
  return length === bytes.length - 4 && length <= MESSAGE_MAX_BYTES
}

/** A wire waits for a message of any length it is told; nobody may make us keep gigabytes. */
function limitMessages(wire: Wire): void {
  const parse = wire._onMessageLength
  wire._onMessageLength = bytes => {
    if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) > MESSAGE_MAX_BYTES) wire.destroy()
    else parse.call(wire, bytes)
  }
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
