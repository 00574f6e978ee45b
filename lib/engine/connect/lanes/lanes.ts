import { debug } from '../../../base/debug.ts'
import { TokenBucket } from '../../../base/token-bucket.ts'
import type { Wire } from '../../webtorrent-types.ts'
import { Lane } from './lane.ts'
import type { LaneBudget } from './lane-budget.ts'
import {
  BLOCK,
  BLOCK_HEAD_BYTES,
  decodeLaneMessage,
  END,
  encodeLaneMessage,
  LANES_EXTENSION,
  type LaneMessage,
} from './lane-messages.ts'
import type { Outlet } from './outlet.ts'
import type { SentBlock, SentBlocks } from './sent-blocks.ts'

const log = debug('engine:lanes')

/** Messages about lanes that are read in a second; more are dropped. Seven lanes need about fifty. */
const MESSAGES_PER_SECOND = 100

/** Within this time, no more offers of a peer are taken than it may have lanes at once. */
const OFFERS_MS = 5_000

/** Lanes that ended here and whose blocks may have to be sent again, until the peer has said what arrived. */
const ENDED_MAX = 16

/** Bytes on lanes that nobody asked for, beyond as many as were asked for, after which the peer gets no more lanes. */
const UNASKED_MAX_BYTES = 4 * 1024 * 1024

/** The first connection of a sender with a limit had this much unsent, lately: the line is what bounds it, not the limit. */
const BOUND_BYTES = 32 * 1024
const BOUND_MS = 1_000

/** The part of a wire that lanes use. */
export type LaneWire = Pick<
  Wire,
  'destroyed' | 'extended' | 'once' | 'peerExtendedMapping' | 'peerId' | 'requests' | 'use' | '_onMessage'
>

interface LanesOptions {
  readonly wire: LaneWire
  /** Id of the first lane this side opens: 0 where the first connection's offer was ours, else 1. */
  readonly firstId: 0 | 1
  /** A connection with the ICE settings of the first one. Errors: those of a browser that makes no more. */
  readonly connect: () => RTCPeerConnection
  readonly budget: LaneBudget
}

/**
 * The lanes of one peer: further connections that carry blocks and nothing else, because one SCTP association recovers
 * slowly from each loss, and several share the loss. Everything else stays on the wire, which is the peer for the rest of
 * the engine: a block from a lane is handed to it as if it had come there, if it was asked for.
 */
export class Lanes {
  /** Called when a lane accepts blocks again. */
  onRoom: () => void = () => {}
  /** Called with the blocks that were sent on a lane which died, and did not arrive. */
  onLost: (blocks: readonly SentBlock[]) => void = () => {}
  /** Whether this side sends under a limit. */
  isLimited: () => boolean = () => false
  /** Bytes of blocks received on lanes, as far as they were asked for. */
  receivedBytes = 0
  readonly #options: LanesOptions
  readonly #lanes = new Map<number, Lane>()
  readonly #ended = new Map<number, SentBlocks>()
  readonly #messages = new TokenBucket()
  /** When the last offers of the peer were taken; `performance.now()`. */
  #offers: number[] = []
  #nextId: number
  #unaskedBytes = 0
  #boundAt = Number.NEGATIVE_INFINITY

  constructor(options: LanesOptions) {
    this.#options = options
    const { firstId, wire } = options
    this.#nextId = firstId
    this.#messages.setRate(MESSAGES_PER_SECOND)
    const take = (bytes: Uint8Array) => this.#take(bytes)
    class Extension {
      onMessage(bytes: Uint8Array): void {
        take(bytes)
      }
    }
    Object.assign(Extension.prototype, { name: LANES_EXTENSION })
    wire.use(Extension)
    wire.once('close', () => {
      for (const lane of this.#lanes.values()) lane.end('the wire closed')
      this.#ended.clear()
    })
  }

  /** Lanes that are opening or open. */
  get count(): number {
    return this.#lanes.size
  }

  get opening(): number {
    return [...this.#lanes.values()].filter(lane => lane.isOpening).length
  }

  /** True while the peer and this browser allow another lane. */
  get mayOpen(): boolean {
    return (
      this.#isKnown &&
      this.#unaskedBytes < UNASKED_MAX_BYTES + this.receivedBytes &&
      this.#options.budget.allows(this.#lanes.size)
    )
  }

  /** Lanes that have opened: they carry blocks, or end in order. */
  get carrying(): number {
    return this.#lanes.size - this.opening
  }

  /** True while a lane accepts another block. */
  get hasRoom(): boolean {
    for (const lane of this.#lanes.values()) if (lane.hasRoom) return true
    return false
  }

  /** Offer up to `count` further lanes, as many as are allowed; they open by themselves. */
  open(count: number): void {
    for (let made = 0; made < count && this.mayOpen; made++) {
      const lane = this.#add(this.#nextId)
      if (!lane) return
      // The lowest free one of this side.
      do this.#nextId = (this.#nextId + 2) % 256
      while (this.#lanes.has(this.#nextId))
      lane.offer().catch(reason => this.#fail(lane, reason))
    }
  }

  /** Close up to `count` lanes, the newest first, once what is on its way on them has arrived. */
  retire(count = Number.POSITIVE_INFINITY): void {
    const newest = [...this.#lanes.values()].filter(lane => !lane.isRetired).reverse()
    for (const lane of newest.slice(0, count)) lane.retire()
  }

  /** Close open lanes that have brought nothing for so long: the peer sends again what it sent on them. */
  endSilent(milliseconds: number): void {
    for (const lane of this.#lanes.values()) {
      if (lane.isOpen && lane.silentMs > milliseconds) lane.end('silent')
    }
  }

  /**
   * Send a block on the lane that will have sent it first. False when that is `first`, the first connection, or no lane is
   * open. Blocks that were being read when the last room was taken are spread too.
   */
  send(piece: number, offset: number, data: Uint8Array, first: Outlet): boolean {
    if (first.buffered >= BOUND_BYTES) this.#boundAt = performance.now()
    if (this.#lanes.size === 0) return false
    let best: Lane | null = null
    let least = first.delayMs(data.length)
    for (const lane of this.#lanes.values()) {
      if (!lane.isOpen) continue
      const delay = lane.delayMs(data.length)
      if (delay >= least) continue
      best = lane
      least = delay
    }
    return best?.send(piece, offset, data) ?? false
  }

  get #isKnown(): boolean {
    return Boolean(this.#options.wire.peerExtendedMapping[LANES_EXTENSION])
  }

  #say(message: LaneMessage): void {
    const { wire } = this.#options
    if (!wire.destroyed && this.#isKnown) wire.extended(LANES_EXTENSION, encodeLaneMessage(message))
  }

  /** Null when the browser makes no more connections. */
  #add(id: number): Lane | null {
    const { budget, connect } = this.#options
    let connection: RTCPeerConnection | undefined
    try {
      connection = connect()
      const lane: Lane = new Lane(id, connection, {
        send: message => this.#say(message),
        onRoom: () => this.onRoom(),
        onMessage: bytes => this.#receive(lane, bytes),
        onEnd: reason => this.#end(lane, reason),
      })
      this.#lanes.set(id, lane)
      budget.taken++
      return lane
    } catch (reason) {
      log('no connection', { reason })
      connection?.close()
      budget.exhausted()
      return null
    }
  }

  #fail(lane: Lane, reason: unknown): void {
    log('lane failed', { lane: lane.id, reason })
    lane.end('failed')
  }

  #end(lane: Lane, reason: string): void {
    if (this.#lanes.get(lane.id) !== lane) return
    this.#lanes.delete(lane.id)
    this.#options.budget.taken--
    log('lane ended', { peer: this.#options.wire.peerId, lane: lane.id, reason, left: this.#lanes.size })
    this.#ended.set(lane.id, lane.sent)
    const [oldest] = this.#ended.keys()
    if (this.#ended.size > ENDED_MAX && oldest !== undefined) this.#ended.delete(oldest)
    this.#say({ kind: 'close', lane: lane.id, received: lane.received })
  }

  /** A message from the peer about a lane: untrusted, and nothing in it may throw. */
  #take(bytes: Uint8Array): void {
    const now = performance.now()
    const message = decodeLaneMessage(bytes)
    if (this.#messages.wait(now) > 0 || !message) return
    this.#messages.take(1)
    const lane = this.#lanes.get(message.lane)
    if (message.kind === 'close') this.#takeClose(message.lane, message.received, lane)
    else if (message.kind === 'offer') this.#takeOffer(message.lane, message.sdp, now)
    else if (lane) {
      // A candidate that cannot be used is no reason to give up the others.
      if (message.kind === 'candidate') lane.addCandidate(message.candidate).catch(() => undefined)
      else lane.complete(message.sdp).catch(reason => this.#fail(lane, reason))
    }
  }

  #takeOffer(id: number, sdp: string, now: number): void {
    const { budget, firstId } = this.#options
    this.#offers = this.#offers.filter(at => now - at < OFFERS_MS)
    const isTheirs = id % 2 !== firstId
    if (!isTheirs || this.#lanes.has(id)) return
    const isBound = !this.isLimited() || now - this.#boundAt < BOUND_MS
    const isAllowed = this.mayOpen && this.#offers.length < budget.mostOfPeer
    const lane = isBound && isAllowed ? this.#add(id) : null
    if (!lane) {
      this.#say({ kind: 'close', lane: id, received: 0 })
      return
    }
    this.#offers.push(now)
    lane.accept(sdp).catch(reason => this.#fail(lane, reason))
  }

  #takeClose(id: number, received: number, lane: Lane | undefined): void {
    // Its end says to the peer what arrived here.
    lane?.end('closed by the peer')
    const sent = this.#ended.get(id)
    this.#ended.delete(id)
    const lost = sent?.after(received) ?? []
    if (lost.length > 0) this.onLost(lost)
  }

  #receive(lane: Lane, bytes: Uint8Array<ArrayBuffer>): void {
    const { wire } = this.#options
    if (wire.destroyed) return
    if (bytes[0] === END && bytes.length === 1) {
      // With one's own, it says that everything has arrived.
      if (lane.isRetired) lane.end('retired')
      else lane.retire()
      return
    }
    lane.received++
    if (isAsked(wire, bytes)) {
      this.receivedBytes += bytes.length
      wire._onMessage(bytes)
      return
    }
    this.#unaskedBytes += bytes.length
    if (this.mayOpen || this.#unaskedBytes < UNASKED_MAX_BYTES + this.receivedBytes) return
    log('lanes full of what nobody asked for', { peer: wire.peerId })
    for (const other of this.#lanes.values()) other.end('unasked')
  }
}

/** Whether it is a block that answers an open request: blocks that come late, or from a liar, are dropped. */
function isAsked(wire: LaneWire, bytes: Uint8Array): boolean {
  if (bytes[0] !== BLOCK || bytes.length <= BLOCK_HEAD_BYTES) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const [piece, offset, length] = [view.getUint32(1), view.getUint32(5), bytes.length - BLOCK_HEAD_BYTES]
  return wire.requests.some(
    request => request.piece === piece && request.offset === offset && request.length === length,
  )
}
