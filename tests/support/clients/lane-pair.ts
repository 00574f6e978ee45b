import { EventEmitter } from 'node:events'
import { LaneBudget } from '../../../lib/engine/connect/lanes/lane-budget.ts'
import { LANES_EXTENSION } from '../../../lib/engine/connect/lanes/lane-messages.ts'
import { Lanes, type LaneWire } from '../../../lib/engine/connect/lanes/lanes.ts'
import { NODE_PLATFORM } from '../../../server/node-engine/node-platform.ts'

interface Request {
  readonly piece: number
  readonly offset: number
  readonly length: number
}

/** As much of a wire as lanes use; what it sends comes to the other end in order, a turn later. */
class EndOfWire extends EventEmitter {
  readonly peerId = 'peer'
  readonly peerExtendedMapping: Record<string, number> = { [LANES_EXTENSION]: 1 }
  readonly requests: Request[] = []
  /** Blocks handed to it, as BEP 3 `piece` messages. */
  readonly blocks: Uint8Array[] = []
  /** Extension messages it sent. */
  readonly sent: Uint8Array[] = []
  destroyed = false
  peer: EndOfWire | null = null
  #handler: { onMessage(bytes: Uint8Array): void } | null = null

  use(extension: new () => { onMessage(bytes: Uint8Array): void }): void {
    this.#handler = new extension()
  }

  extended(_name: string, bytes: Uint8Array): void {
    this.sent.push(bytes)
    setImmediate(() => this.peer?.take(bytes))
  }

  /** An extension message from the other end. */
  take(bytes: Uint8Array): void {
    if (!this.destroyed) this.#handler?.onMessage(bytes)
  }

  _onMessage(bytes: Uint8Array): void {
    this.blocks.push(bytes.slice())
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const [piece, offset, length] = [view.getUint32(1), view.getUint32(5), bytes.length - 9]
    const at = this.requests.findIndex(
      request => request.piece === piece && request.offset === offset && request.length === length,
    )
    if (at >= 0) this.requests.splice(at, 1)
  }

  destroy(): void {
    this.destroyed = true
    this.emit('close')
  }
}

/** One side of a peer: its wire, its lanes, and every connection that was made for them. */
export interface LaneSide {
  readonly wire: EndOfWire
  readonly lanes: Lanes
  readonly connections: RTCPeerConnection[]
}

interface PairOptions {
  /** Makes the connections of the side that receives. */
  readonly connect?: () => RTCPeerConnection
  /** What bounds the sender. */
  readonly bound?: 'line' | 'limit'
}

function side(firstId: 0 | 1, connect: () => RTCPeerConnection): LaneSide {
  const wire = new EndOfWire()
  const connections: RTCPeerConnection[] = []
  const lanes = new Lanes({
    wire: wire as unknown as LaneWire,
    firstId,
    connect: () => {
      const connection = connect()
      connections.push(connection)
      return connection
    },
    budget: new LaneBudget(),
  })
  return { wire, lanes, connections }
}

/** A connection of Node's WebRTC. */
export function connectHere(): RTCPeerConnection {
  const { RTCPeerConnection } = NODE_PLATFORM
  if (!RTCPeerConnection) throw new Error('no WebRTC here')
  return new RTCPeerConnection({ iceServers: [] })
}

/** Two peers on this machine, whose lanes are real connections. */
export function lanePair({ bound = 'line', connect = connectHere }: PairOptions = {}) {
  const sender = side(0, connectHere)
  const receiver = side(1, connect)
  sender.wire.peer = receiver.wire
  receiver.wire.peer = sender.wire
  sender.lanes.isLimited = () => bound === 'limit'
  return {
    sender,
    receiver,
    [Symbol.dispose]() {
      for (const { wire } of [sender, receiver]) wire.destroy()
    },
  }
}
