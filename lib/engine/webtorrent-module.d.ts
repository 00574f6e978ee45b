/** The part of webtorrent 3.0 that the engine uses. `webtorrent.ts` is the only file that imports its code, `webtorrent-types.ts` its types. */
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

  /** A request of a peer. We answer it ourselves, so `callback` only marks its progress. */
  interface PeerRequest {
    readonly piece: number
    readonly offset: number
    readonly length: number
    /** Milliseconds of `performance.now()`. */
    readonly askedAt: number
    callback: () => void
  }

  /** bittorrent-protocol's Wire: one connected peer. Amounts count piece payload, in bytes. */
  interface Wire {
    readonly peerId: string
    /** Of a TCP or uTP peer. */
    readonly remoteAddress?: string
    readonly type: 'webrtc' | 'webSeed' | 'tcpIncoming' | 'tcpOutgoing' | 'utpIncoming' | 'utpOutgoing'
    readonly destroyed: boolean
    readonly peerPieces: Bitfield
    readonly amChoking: boolean
    unchoke(): void
    readonly amInterested: boolean
    readonly peerChoking: boolean
    /** BEP 6. */
    readonly hasFast: boolean
    /** Our requests that are not answered yet. */
    readonly requests: readonly Omit<PeerRequest, 'askedAt' | 'callback'>[]
    /** The peer's requests that are not answered yet. */
    readonly peerRequests: PeerRequest[]
    /** The keys of our BEP 10 handshake besides `m`; the peer's are untrusted. */
    readonly extendedHandshake: Record<string, number>
    readonly peerExtendedHandshake: Readonly<Record<string, unknown>>
    /** Message numbers of the extensions the peer knows, by name (BEP 10). */
    readonly peerExtendedMapping: Readonly<Record<string, number>>
    /** BEP 9; there once webtorrent knows the peer. */
    readonly ut_metadata?: {
      readonly metadata?: Uint8Array<ArrayBuffer>
      readonly _metadataComplete: boolean
    }
    /** BEP 54; does nothing for a peer that does not know it. */
    readonly lt_donthave: {
      on(event: 'donthave', listener: (piece: number) => void): void
      donthave(piece: number): void
    }
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
    piece(piece: number, offset: number, bytes: Uint8Array): void
    have(piece: number): void
    /** Milliseconds without an answer after which the peer is closed; with `unref` the timer does not keep a process alive. */
    setTimeout(milliseconds: number, unref: boolean): void
    destroy(): void
    once(event: 'close', listener: () => void): void
    on(event: 'bitfield' | 'have-all' | 'have-none' | 'choke' | 'unchoke', listener: () => void): void
    on(event: 'have' | 'cancel', listener: (piece: number) => void): void
    on(event: 'data', listener: (bytes: Uint8Array<ArrayBuffer>) => void): void
    on(event: 'extended', listener: (extension: string) => void): void
    /** Register an extension (BEP 10) by its prototype's `name`; before the extended handshake is sent. */
    use(extension: new (wire: Wire) => WireExtension): void
    /** Send `payload` to a peer that has registered the extension as well; throws when it has not. */
    extended(name: string, payload: Uint8Array): void

    readonly _readableState: { readonly buffered: number }
    readonly _bufferSize: number
    readonly _parserSize: number
    _push: (bytes: Uint8Array<ArrayBuffer>) => void
    _message: (id: number, numbers: readonly number[], data: Uint8Array | null) => void
    _onMessage: (message: Uint8Array) => void
    _onMessageLength: (length: Uint8Array) => void
    _parse(bytes: number, take: (bytes: Uint8Array) => void): void
    _onRequest: (piece: number, offset: number, length: number) => void
    _write(bytes: Uint8Array, done: () => void): void
  }

  /** An extension of one wire (BEP 10). */
  interface WireExtension {
    /** The peer speaks it too. */
    onExtendedHandshake?(): void
    onMessage(payload: Uint8Array): void
  }

  /** The socket of a TCP or uTP peer. */
  interface StreamSocket {
    /** Bytes waiting to be sent. */
    readonly writableLength?: number
  }

  /** A connection that is handed to webtorrent: the part of simple-peer's interface that it uses. */
  interface PeerConnection {
    /** Hex; by it webtorrent knows whether it has a connection to that peer already. */
    readonly id: string
    readonly connected: boolean
    on(event: 'error', listener: () => void): unknown
    once(event: 'connect' | 'end' | 'close' | 'finish' | 'error', listener: () => void): unknown
    removeListener(event: 'connect' | 'error', listener: () => void): unknown
    destroy(): void
  }

  /** A peer of a torrent, connected or not. */
  interface Peer {
    /** Of a connection that was handed over, its id; else an address. */
    readonly id: string
    readonly type: Wire['type']
    /** Null until it is connected, and once it is closed. */
    readonly wire: Wire | null
    /** Of a TCP or uTP peer. */
    readonly conn: StreamSocket | null
    setThrottlePipes: () => void
  }

  /** parse-torrent's result. */
  interface ParsedTorrent {
    readonly infoHash: string
    /** The decoded info dictionary, from which `torrentFile` is encoded. */
    readonly info: object
    readonly name: string
    readonly announce: readonly string[]
    readonly urlList: readonly string[]
    readonly private: boolean
    readonly files: readonly {
      readonly path: string
      readonly name: string
      readonly length: number
      readonly offset: number
    }[]
    readonly length: number
    readonly pieceLength: number
    readonly lastPieceLength: number
    /** SHA-1 of each piece in hex; only their number counts where pieces are verified elsewhere. */
    readonly pieces: readonly string[]
  }

  interface Torrent {
    readonly infoHash: string
    readonly destroyed: boolean
    readonly ready: boolean
    readonly wires: readonly Wire[]
    /** Bytes; 0 as long as it is unknown. */
    readonly length: number
    readonly downloaded: number
    readonly uploaded: number
    readonly _peers: ReadonlyMap<string, Peer>
    done: boolean
    on(event: 'wire', listener: (wire: Wire) => void): void
    on(event: 'error' | 'warning', listener: (error: Error) => void): void
    on(event: 'infoHash' | 'ready' | 'close', listener: () => void): void
    destroy(options: { destroyStore: boolean }, done: () => void): void

    _update: () => void
    _updateWireInterest: () => void
    _updateSelections: () => void
    _checkDone: () => void
    _verifyPieces: (done: (error: Error | null) => void) => void
    _registerPeer: (peer: Peer) => void
    addPeer(peer: PeerConnection | string, source: string): boolean
    removePeer(id: string): void
    _markVerified(piece: number): void
    _markUnverified(piece: number): void
    /** What peers are sent of it (BEP 9): the info dictionary, or a `.torrent` that has it. */
    torrentFile: Uint8Array
    _processParsedTorrent: (parsed: ParsedTorrent) => void
    /** Peers sent the info dictionary, right by its hash. */
    _onMetadata: () => void
  }

  interface TorrentOptions {
    readonly preloadedStore: ChunkStore
    readonly storeCacheSlots: number
    readonly uploads: number
    readonly deselect: boolean
    readonly bitfield: Uint8Array
  }

  export default class WebTorrent {
    constructor(options: {
      readonly tracker: false
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
    /** TCP port for classic clients. */
    readonly torrentPort: number
    readonly listening: boolean
    add(torrent: ParsedTorrent | { readonly infoHash: string }, options: Partial<TorrentOptions>): Torrent
    on(event: 'error', listener: (error: Error) => void): void
    once(event: 'error', listener: (error: Error) => void): void
    once(event: 'listening', listener: () => void): void
    destroy(done: () => void): void
  }

  export type { ChunkStore, ParsedTorrent, Peer, StreamSocket, Torrent, TorrentOptions, Wire }
}
