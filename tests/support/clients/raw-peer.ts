import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export const UNCHOKE = 1
export const INTERESTED = 2
export const REQUEST = 6
export const PIECE = 7
export const REJECT = 16
export const EXTENDED = 20

/** Reserved bytes of the handshake: BEP 10, and BEP 6 if `fast`. */
const reserved = (fast: boolean) => Buffer.from([0, 0, 0, 0, 0, 0x10, 0, fast ? 0x04 : 0])

/** A peer that sends the messages (BEP 3) a test gives it, byte for byte, over TCP; and keeps what it gets. */
export class RawPeer {
  readonly socket: Socket
  /** Payloads of received messages, by id. */
  readonly received = new Map<number, Buffer[]>()
  #bytes = Buffer.alloc(0)
  #isOpen = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', bytes => this.#take(bytes))
    socket.on('error', () => undefined)
  }

  /** Connects to a peer on this machine; `fast`: with BEP 6. */
  static async connect(port: number, infoHash: string, { fast }: { fast: boolean }): Promise<RawPeer> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const peer = new RawPeer(socket)
    const id = Buffer.concat([Buffer.from('-RW0001-'), randomBytes(12)])
    socket.write(
      Buffer.concat([
        Buffer.from('\x13BitTorrent protocol', 'latin1'),
        reserved(fast),
        Buffer.from(infoHash, 'hex'),
        id,
      ]),
    )
    return peer
  }

  count(id: number): number {
    return this.received.get(id)?.length ?? 0
  }

  send(...messages: Buffer[]): void {
    this.socket.write(Buffer.concat(messages))
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    if (!this.#isOpen) {
      if (this.#bytes.length < 68) return
      this.#isOpen = true
      this.#bytes = this.#bytes.subarray(68)
    }
    let at = 0
    while (this.#bytes.length - at >= 4 && this.#bytes.length - at >= 4 + this.#bytes.readUInt32BE(at)) {
      const end = at + 4 + this.#bytes.readUInt32BE(at)
      const id = this.#bytes[at + 4] ?? -1
      if (end > at + 4)
        this.received.set(id, [...(this.received.get(id) ?? []), this.#bytes.subarray(at + 5, end)])
      at = end
    }
    this.#bytes = this.#bytes.subarray(at)
  }
}

/** A message of that id with these 32-bit numbers. */
export function message(id: number, ...numbers: number[]): Buffer {
  const bytes = Buffer.alloc(5 + 4 * numbers.length)
  bytes.writeUInt32BE(bytes.length - 4)
  bytes[4] = id
  for (const [at, number] of numbers.entries()) bytes.writeUInt32BE(number, 5 + 4 * at)
  return bytes
}
