import { setBackgroundTimeout } from '../../../base/timer.ts'
import { END, encodeBlock, type LaneMessage, withoutCandidates } from './lane-messages.ts'
import { type Outlet, SendingRate } from './outlet.ts'
import { SentBlocks } from './sent-blocks.ts'

/** From the offer to the open channel. */
const OPEN_MAX_MS = 10_000
/** A connection that does not answer (ICE `disconnected`) may recover by itself within this time. */
const SILENT_MAX_MS = 4_000
/** What is on its way when a lane is closed in order has this long to arrive. */
const DRAIN_MAX_MS = 5_000
/** A lane that carries nothing for this long is closed. */
const IDLE_MAX_MS = 60_000

/** Bytes a lane may hold unsent: it keeps the connection busy, and a slow one delays little. */
const BUFFERED_MAX_BYTES = 256 * 1024
const BUFFERED_LOW_BYTES = 64 * 1024

/** Most candidates of one lane that are taken from a peer. */
const CANDIDATES_MAX = 32

interface LaneHooks {
  /** Says it to the peer over the wire. */
  readonly send: (message: LaneMessage) => void
  /** The lane accepts blocks, again or for the first time. */
  readonly onRoom: () => void
  readonly onMessage: (bytes: Uint8Array<ArrayBuffer>) => void
  /** It is over: closed by either side, broken, or never opened. Called once. */
  readonly onEnd: (reason: string) => void
}

/** This side's end of one more connection to a peer: an `RTCPeerConnection` with one ordered, reliable data channel. */
export class Lane implements Outlet {
  readonly id: number
  readonly sent = new SentBlocks()
  /** Blocks received. */
  received = 0
  readonly #connection: RTCPeerConnection
  readonly #channel: RTCDataChannel
  readonly #hooks: LaneHooks
  readonly #rate = new SendingRate()
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()
  #state: 'opening' | 'open' | 'ending' | 'closed' = 'opening'
  #usedAt = performance.now()
  #heardAt = performance.now()
  /** Candidates of this side that wait until the peer may have them; null: none has to wait any more. */
  #ours: string[] | null = []
  /** Candidates of the peer that came before its description; null: that is there. */
  #theirs: string[] | null = []
  #candidates = 0

  /** Errors: those of a browser that makes no more data channels. */
  constructor(id: number, connection: RTCPeerConnection, hooks: LaneHooks) {
    this.id = id
    this.#connection = connection
    this.#hooks = hooks
    const channel = connection.createDataChannel(`lane ${id}`, { negotiated: true, id: 0 })
    this.#channel = channel
    channel.binaryType = 'arraybuffer'
    channel.bufferedAmountLowThreshold = BUFFERED_LOW_BYTES
    channel.onopen = () => this.#open()
    channel.onbufferedamountlow = () => this.#hooks.onRoom()
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      this.#usedAt = performance.now()
      this.#heardAt = this.#usedAt
      if (data instanceof ArrayBuffer && this.#state !== 'closed') this.#hooks.onMessage(new Uint8Array(data))
    }
    channel.onclose = () => this.end('closed')
    channel.onerror = () => this.end('broken')
    connection.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) this.#tell(candidate.candidate)
    }
    connection.oniceconnectionstatechange = () => this.#watchState()
    connection.onconnectionstatechange = () => this.#watchState()
    this.#endIn(OPEN_MAX_MS, () => this.#state === 'opening', 'not opened')
    this.#endWhenIdle()
  }

  get isOpening(): boolean {
    return this.#state === 'opening'
  }

  get isOpen(): boolean {
    return this.#state === 'open' && this.#channel.readyState === 'open'
  }

  get buffered(): number {
    return this.#channel.bufferedAmount
  }

  delayMs(bytes: number): number {
    return this.#rate.delayMs(bytes, this.buffered)
  }

  /** True while it accepts another block without queueing it in memory. */
  get hasRoom(): boolean {
    return this.isOpen && this.buffered < BUFFERED_MAX_BYTES
  }

  /** Milliseconds since it opened, or since the peer last sent something on it. */
  get silentMs(): number {
    return performance.now() - this.#heardAt
  }

  /** Offer it to the peer. Errors: those of a connection that fails. */
  async offer(): Promise<void> {
    const offer = await this.#connection.createOffer()
    await this.#connection.setLocalDescription(offer)
    this.#say('offer', offer)
  }

  /** Take the peer's offer. Errors: those of a description that cannot be used. */
  async accept(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'offer', sdp: withoutCandidates(sdp) })
    const answer = await this.#connection.createAnswer()
    await this.#connection.setLocalDescription(answer)
    this.#say('answer', answer)
    await this.#exchangeCandidates()
  }

  /** Take the peer's answer to `offer`. Errors: those of a description that cannot be used. */
  async complete(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: withoutCandidates(sdp) })
    await this.#exchangeCandidates()
  }

  /** Take a candidate of the peer; further ones than anybody has are ignored. Errors: those of one that cannot be used. */
  async addCandidate(candidate: string): Promise<void> {
    if (++this.#candidates > CANDIDATES_MAX || this.#state === 'closed') return
    if (this.#theirs) this.#theirs.push(candidate)
    else await this.#connection.addIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 })
  }

  /** False when it was not accepted; the lane has ended then. */
  send(piece: number, offset: number, data: Uint8Array): boolean {
    if (!this.#transmit(encodeBlock(piece, offset, data))) return false
    this.sent.add({ piece, offset, length: data.length })
    return true
  }

  /** Send no more blocks on it, and tell the peer so; it ends when the peer's last one has arrived, or soon. */
  retire(): void {
    if (this.#state === 'opening') this.end('not wanted')
    if (this.#state !== 'open' || !this.#transmit(Uint8Array.of(END))) return
    this.#state = 'ending'
    this.#endIn(DRAIN_MAX_MS, () => true, 'retired')
  }

  /** True once this side has said that it sends no more blocks. */
  get isRetired(): boolean {
    return this.#state === 'ending'
  }

  /** Close it at once: what is on its way is lost. */
  end(reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    for (const timer of this.#timers) clearTimeout(timer)
    try {
      this.#connection.close()
    } catch {
      // It has failed before it was one.
    }
    this.#hooks.onEnd(reason)
  }

  #transmit(bytes: Uint8Array<ArrayBuffer>): boolean {
    this.#usedAt = performance.now()
    try {
      this.#channel.send(bytes)
      this.#rate.add(bytes.length, this.buffered)
      return true
    } catch {
      // Its buffer is full, or it has just closed.
      this.end('broken')
      return false
    }
  }

  #open(): void {
    if (this.#state !== 'opening') return
    this.#state = 'open'
    this.#usedAt = performance.now()
    this.#heardAt = this.#usedAt
    this.#hooks.onRoom()
  }

  #say(kind: 'offer' | 'answer', { sdp = '' }: { readonly sdp?: string }): void {
    if (this.#state !== 'closed') this.#hooks.send({ kind, lane: this.id, sdp: withoutCandidates(sdp) })
  }

  #tell(candidate: string): void {
    const line = candidate.replace(/^a=/, '')
    if (this.#ours) this.#ours.push(line)
    else if (this.#state !== 'closed') this.#hooks.send({ kind: 'candidate', lane: this.id, candidate: line })
  }

  /**
   * Both descriptions are known. Not before: Node's WebRTC can be connected before it knows the fingerprint in the answer,
   * and then rejects the certificate.
   */
  async #exchangeCandidates(): Promise<void> {
    const ours = this.#ours ?? []
    const theirs = this.#theirs ?? []
    this.#ours = null
    this.#theirs = null
    for (const candidate of ours) this.#tell(candidate)
    for (const candidate of theirs) {
      await this.#connection.addIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 })
    }
  }

  #watchState(): void {
    const { connectionState, iceConnectionState } = this.#connection
    const states: readonly string[] = [connectionState, iceConnectionState]
    if (states.includes('failed') || states.includes('closed')) this.end('broken')
    else if (iceConnectionState === 'disconnected') {
      this.#endIn(SILENT_MAX_MS, () => this.#connection.iceConnectionState === 'disconnected', 'silent')
    }
  }

  #endIn(milliseconds: number, isDue: () => boolean, reason: string): void {
    const timer = setBackgroundTimeout(() => {
      this.#timers.delete(timer)
      if (isDue()) this.end(reason)
    }, milliseconds)
    this.#timers.add(timer)
  }

  #endWhenIdle(): void {
    const timer = setBackgroundTimeout(() => {
      this.#timers.delete(timer)
      if (performance.now() - this.#usedAt >= IDLE_MAX_MS) this.end('idle')
      else this.#endWhenIdle()
    }, IDLE_MAX_MS / 2)
    this.#timers.add(timer)
  }
}
