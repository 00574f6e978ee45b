import { debug } from '../../base/debug.ts'
import { Emitter } from '../../base/emitter.ts'
import { setBackgroundTimeout } from '../../base/timer.ts'
import { gathered } from './gathering.ts'

const log = debug('engine:connection')

/** The answering side gives the offering side this long to check candidate pairs first. */
const OFFERER_FIRST_MS = 200

/** Most bytes that wait for somebody to take them, from the open channel on. */
const EARLY_MAX_BYTES = 1024 * 1024

/** How often a channel is looked at that stays `closing`, as Chromium's sometimes do. */
const CLOSING_MS = 5_000

/** Why a connection ended that nobody closed: `broken` by the network, `refused` by what the peer has sent. */
export type ConnectionFault = 'broken' | 'refused'

interface Events extends Record<string, readonly unknown[]> {
  /** Our offer or answer is ready, with its candidates. */
  description: [RTCSessionDescriptionInit & { readonly sdp: string }]
  /** The data channel is open. */
  connect: []
  iceState: [RTCIceConnectionState]
  /** It ends by a fault; `close` follows. Before it is connected, webtorrent listens for nothing else. */
  error: [Error]
  /** The last event, of each connection: undefined where one side closed it. */
  close: [ConnectionFault?]
  // Of a stream, for which webtorrent listens too.
  end: []
  finish: []
}

interface Options {
  /** A new connection. */
  readonly connection: RTCPeerConnection
  readonly config: RTCConfiguration
  /** True: the offer is ours. */
  readonly initiator: boolean
  /** See `gathered`. */
  readonly patient: boolean
}

/**
 * Our end of a WebRTC connection to a peer, with one reliable, ordered data channel, brought about by one offer and one
 * answer that carry their candidates. It has the part of simple-peer's interface that webtorrent needs of a peer, and
 * connects to simple-peer at the other end.
 */
export class RtcConnection extends Emitter<Events> {
  /** The peer's id, hex, as who introduced it says; set before the connection is handed on. */
  id = ''
  readonly initiator: boolean
  connected = false
  destroyed = false
  readonly rtc: RTCPeerConnection
  readonly #gathered: Promise<void>
  #channel: RTCDataChannel | null = null
  #closing: ReturnType<typeof setInterval> | undefined
  #take: ((bytes: Uint8Array<ArrayBuffer>) => void) | null = null
  #early: Uint8Array<ArrayBuffer>[] = []
  #earlyBytes = 0

  /** Errors: those of a browser that makes no more data channels. */
  constructor({ config, connection, initiator, patient }: Options) {
    super()
    this.initiator = initiator
    this.rtc = connection
    this.#gathered = gathered(connection, config, { patient })
    connection.addEventListener('iceconnectionstatechange', () => this.#onIceState())
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'failed') this.destroy('broken')
    })
    if (initiator) {
      this.#use(connection.createDataChannel(randomLabel()))
      this.#describe(() => connection.createOffer())
    } else {
      connection.addEventListener('datachannel', ({ channel }) => {
        if (this.#channel || this.destroyed) channel.close()
        else this.#use(channel)
      })
    }
  }

  /** The open data channel. */
  get channel(): RTCDataChannel {
    if (!this.#channel) throw new Error('not connected')
    return this.#channel
  }

  /**
   * Take the peer's offer or answer: from a stranger, perhaps for a connection that has ended, or a second time. Never throws;
   * what cannot be used ends the connection.
   *
   * Node's WebRTC can be connected before the call that sets the description has stored the certificate's fingerprint in it;
   * then it rejects the certificate. So candidates are added after their description, and the answering side starts its
   * checks later.
   */
  accept({ sdp, type }: { readonly type: 'offer' | 'answer'; readonly sdp: string }): void {
    if (this.destroyed) return
    const lines = sdp.split('\r\n')
    const isCandidate = (line: string) => line.startsWith('a=candidate:')
    const addCandidates = () => {
      for (const line of lines) if (isCandidate(line)) this.#addCandidate(line.slice(2))
    }
    const rest = lines.filter(line => !isCandidate(line) && !line.startsWith('a=end-of-candidates'))
    const known = (async () => this.rtc.setRemoteDescription({ type, sdp: rest.join('\r\n') }))()
    known.then(
      () => {
        if (this.destroyed) return
        if (type === 'answer') addCandidates()
        else {
          this.#describe(() => this.rtc.createAnswer())
          setTimeout(addCandidates, OFFERER_FIRST_MS)
        }
      },
      reason => this.#refuse(reason),
    )
  }

  /** Calls `take` with each message of the peer, those that came before first. */
  onMessage(take: (bytes: Uint8Array<ArrayBuffer>) => void): void {
    this.#take = take
    for (const bytes of this.#early.splice(0)) take(bytes)
  }

  /** Close it, with the fault that is the reason, if any. */
  destroy(fault?: ConnectionFault): void {
    if (this.destroyed) return
    this.destroyed = true
    this.connected = false
    clearInterval(this.#closing)
    // At once, because webtorrent's listener fails once webtorrent has closed the peer itself.
    if (fault !== undefined) this.emit('error', new Error(fault))
    // Later: what was sent before is to leave, and Node's WebRTC must not be closed inside one of its own events.
    setTimeout(() => {
      this.#channel?.close()
      this.rtc.close()
      this.emit('close', fault)
    })
  }

  #describe(create: () => Promise<RTCSessionDescriptionInit>): void {
    const describe = async () => {
      await this.rtc.setLocalDescription(await create())
      await this.#gathered
      const { sdp, type } = this.rtc.localDescription ?? {}
      if (this.destroyed || sdp === undefined || type === undefined) return
      // As simple-peer does where all candidates are in the description.
      this.emit('description', { type, sdp: sdp.replace(/^a=ice-options:trickle\s\n/m, '') })
    }
    describe().catch(reason => this.#refuse(reason))
  }

  #addCandidate(candidate: string): void {
    if (this.destroyed) return
    // One that is no use, as of an address that cannot be resolved, leaves the others.
    const add = async () => this.rtc.addIceCandidate({ candidate, sdpMid: '0', sdpMLineIndex: 0 })
    add().catch(reason => log('candidate refused', { peer: this.id, reason }))
  }

  #use(channel: RTCDataChannel): void {
    this.#channel = channel
    channel.binaryType = 'arraybuffer'
    channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer && !this.destroyed) this.#receive(new Uint8Array(data))
    }
    channel.onopen = () => this.#open()
    channel.onclose = () => this.#onClosed()
    channel.onerror = () => this.#onClosed()
    let wasClosing = false
    this.#closing = setInterval(() => {
      const isClosing = channel.readyState === 'closing'
      if (isClosing && wasClosing) this.#onClosed()
      wasClosing = isClosing
    }, CLOSING_MS)
    if (typeof this.#closing === 'object') this.#closing.unref()
    if (channel.readyState === 'open') setBackgroundTimeout(() => this.#open(), 0)
  }

  #open(): void {
    if (this.destroyed || this.connected) return
    this.connected = true
    this.emit('connect')
  }

  #receive(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#take) {
      this.#take(bytes)
      return
    }
    this.#earlyBytes += bytes.length
    if (this.#earlyBytes > EARLY_MAX_BYTES) this.destroy('refused')
    else this.#early.push(bytes)
  }

  #onIceState(): void {
    if (this.destroyed) return
    const { iceConnectionState: state } = this.rtc
    if (state === 'failed') this.destroy('broken')
    else if (state === 'closed') this.#onClosed()
    else this.emit('iceState', state)
  }

  /** By the other side, or the browser. */
  #onClosed(): void {
    this.destroy(this.connected ? undefined : 'broken')
  }

  #refuse(reason: unknown): void {
    if (this.destroyed) return
    log('description refused', { peer: this.id, reason })
    this.destroy('refused')
  }
}

const randomLabel = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(20)), byte => byte.toString(16).padStart(2, '0')).join('')
