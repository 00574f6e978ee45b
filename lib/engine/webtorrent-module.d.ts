/** The part of webtorrent 3.0 that the engine uses. `webtorrent.ts` is the only file that imports it. */
declare module 'webtorrent' {
  /** abstract-chunk-store: `index` is a piece, `offset` and `length` bytes inside it. */
  interface ChunkStore {
    readonly chunkLength: number
    put(index: number, bytes: Uint8Array<ArrayBuffer>, done: (error: Error | null) => void): void
    get(
      index: number,
      range: { readonly offset?: number; readonly length?: number } | null,
      done: (error: Error | null, bytes?: Uint8Array) => void,
    ): void
    close(done: (error: Error | null) => void): void
    destroy(done: (error: Error | null) => void): void
  }

  interface Bitfield {
    /** MSB first, as on the wire (BEP 3). */
    readonly buffer: Uint8Array<ArrayBuffer>
    get(index: number): boolean
  }

  /** What a peer asked us for; answered by us, so `callback` only marks how far we are with it. */
  interface PeerRequest {
    readonly piece: number
    readonly offset: number
    readonly length: number
    callback: () => void
  }

  /** bittorrent-protocol's Wire: one connected peer. Amounts count piece payload, in bytes. */
  interface Wire {
    readonly peerId: string
    /** Of a peer that comes by TCP or uTP. */
    readonly remoteAddress?: string
    readonly type: 'webrtc' | 'webSeed' | 'tcpIncoming' | 'tcpOutgoing' | 'utpIncoming' | 'utpOutgoing'
    readonly destroyed: boolean
    readonly peerPieces: Bitfield
    readonly amChoking: boolean
    readonly amInterested: boolean
    readonly peerChoking: boolean
    /** BEP 6. */
    readonly hasFast: boolean
    /** What we asked for. */
    readonly requests: readonly unknown[]
    /** What the peer asked for and was not sent yet. */
    readonly peerRequests: PeerRequest[]
    /** What our BEP 10 handshake says besides `m`; untrusted in the peer's. */
    readonly extendedHandshake: Record<string, number>
    readonly peerExtendedHandshake: Readonly<Record<string, unknown>>
    readonly lt_donthave: { on(event: 'donthave', listener: (piece: number) => void): void }
    readonly downloaded: number
    readonly uploaded: number
    downloadSpeed(): number
    uploadSpeed(): number
    interested(): void
    uninterested(): void
    request(
      piece: number,
      offset: number,
      length: number,
      done: (error: Error | null, bytes: Uint8Array | null) => void,
    ): void
    cancel(piece: number, offset: number, length: number): void
    reject(piece: number, offset: number, length: number): void
    piece(piece: number, offset: number, bytes: Uint8Array): void
    have(piece: number): void
    /** Milliseconds without an answer after which the peer is given up; the timer does not keep a process alive. */
    setTimeout(milliseconds: number, unref: boolean): void
    destroy(): void
    once(event: 'close', listener: () => void): void
    on(event: 'bitfield' | 'have-all' | 'have-none' | 'choke' | 'unchoke', listener: () => void): void
    on(event: 'have', listener: (piece: number) => void): void
    on(event: 'data', listener: (bytes: Uint8Array<ArrayBuffer>) => void): void
    on(event: 'extended', listener: (extension: string) => void): void

    readonly _readableState: { readonly buffered: number }
    readonly _bufferSize: number
    readonly _parserSize: number
    _push: (bytes: Uint8Array<ArrayBuffer>) => void
    _message: (id: number, numbers: readonly number[], data: Uint8Array | null) => void
    _onMessage(message: Uint8Array): void
    _onMessageLength: (length: Uint8Array) => void
    _onRequest: (piece: number, offset: number, length: number) => void
    _write(bytes: Uint8Array, done: () => void): void
  }

  /** simple-peer's end of one data channel, or a socket. */
  interface Connection {
    /** The peer's id as our tracker knows it, hex. */
    readonly id: string
    /** Whether the call was ours. */
    readonly initiator: boolean
    readonly _channel: RTCDataChannel
    /** Null after its end. */
    readonly _pc: RTCPeerConnection | null
    /** Of a socket: bytes that wait to be sent. */
    readonly writableLength?: number
    on(event: 'data', listener: (bytes: Uint8Array) => void): void
    on(event: 'iceStateChange', listener: (state: RTCIceConnectionState) => void): void
    once(event: 'close' | 'connect', listener: () => void): void
  }

  /** A peer of a torrent, connected or not. */
  interface Peer {
    /** Of a WebRTC peer: its peer id as our tracker knows it, hex. Else its address. */
    readonly id: string
    readonly type: Wire['type']
    readonly connected: boolean
    readonly destroyed: boolean
    readonly conn: Connection
    /** Null until it is connected. */
    readonly wire: Wire
    setThrottlePipes: () => void
    destroy: (error?: { readonly code?: string }) => void
  }

  /** bittorrent-tracker's client of one swarm. */
  interface TrackerClient {
    readonly destroyed: boolean
    readonly _rtcConfig: RTCConfiguration
    readonly _trackers: readonly TrackerSocket[]
    _defaultAnnounceOpts(): object
    on(event: 'warning', listener: (reason: Error) => void): void
    on(
      event: 'update',
      listener: (answer: { readonly complete?: unknown; readonly incomplete?: unknown }) => void,
    ): void
  }

  /** bittorrent-tracker's WebSocket client for one announce URL. */
  interface TrackerSocket {
    readonly client: TrackerClient
    readonly announceUrl: string
    readonly socket: {
      readonly connected: boolean
      once(event: 'connect', listener: () => void): void
      destroy(): void
    } | null
    /** True between two sockets, too. */
    readonly destroyed: boolean
    reconnecting: boolean
    retries: number
    reconnectTimer: ReturnType<typeof setTimeout> | null
    announce(options: object): void
    _send(message: { readonly event?: string; readonly numwant?: number }): void
    _openSocket(): void
    _startReconnectTimer(): void
    _onSocketConnect(): void
    _onSocketData(bytes: Uint8Array): void
    _createPeer(options?: object): {
      /** Null after its end. */
      readonly _pc: RTCPeerConnection | null
      readonly destroyed: boolean
      signal(
        message:
          | { readonly type: 'offer' | 'answer'; readonly sdp: string }
          | { readonly candidate: RTCIceCandidateInit },
      ): void
      _onIceCandidate(event: { readonly candidate: null }): void
    }
  }

  interface Torrent {
    readonly infoHash: string
    readonly destroyed: boolean
    readonly ready: boolean
    readonly wires: readonly Wire[]
    readonly discovery: {
      readonly tracker: TrackerClient | null
      complete(): void
    } | null
    readonly _peers: ReadonlyMap<string, Peer>
    done: boolean
    on(event: 'wire', listener: (wire: Wire) => void): void
    on(event: 'error' | 'warning', listener: (error: Error) => void): void
    on(event: 'ready' | 'trackerAnnounce', listener: () => void): void
    destroy(options: { destroyStore: boolean }, done: () => void): void

    _update: () => void
    _updateWireInterest: () => void
    _updateSelections: () => void
    _checkDone: () => void
    _verifyPieces: (done: (error: Error | null) => void) => void
    _registerPeer: (peer: Peer) => void
    addPeer: (peer: Connection | string, source: string) => boolean
    removePeer(id: string): void
    _markVerified(piece: number): void
    /** `metadata`: what came from peers, bencoded as `{info}` and right by its hash. */
    _onMetadata: (metadata: Uint8Array) => void
    _startDiscovery: () => void
    _getAnnounceOpts: () => { readonly left: number }
  }

  interface TorrentOptions {
    readonly announce: readonly string[]
    readonly preloadedStore: ChunkStore
    readonly storeCacheSlots: number
    readonly uploads: number
    readonly deselect: boolean
    readonly bitfield: Uint8Array
  }

  export default class WebTorrent {
    constructor(options: {
      readonly tracker: { rtcConfig: RTCConfiguration }
      readonly dht: boolean
      readonly lsd: false
      readonly utPex: boolean
      readonly utp: boolean
      readonly torrentPort: number
      readonly natUpnp: false
      readonly natPmp: false
      readonly webSeeds: false
    })
    readonly peerId: string
    /** TCP port that classic clients reach us at. */
    readonly torrentPort: number
    readonly listening: boolean
    readonly tracker: { rtcConfig: RTCConfiguration }
    add(
      torrent: Uint8Array | { readonly infoHash: string; readonly announce: readonly string[] },
      options: Partial<TorrentOptions>,
    ): Torrent
    on(event: 'error', listener: (error: Error) => void): void
    once(event: 'error', listener: (error: Error) => void): void
    once(event: 'listening', listener: () => void): void
    destroy(done: () => void): void
  }

  export type { ChunkStore, Connection, Peer, Torrent, TorrentOptions, TrackerClient, TrackerSocket, Wire }
}
