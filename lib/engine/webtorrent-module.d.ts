/** The part of webtorrent 3.0 that the engine uses. `webtorrent.ts` is the only file that imports it. */
declare module 'webtorrent' {
  import type { MissingPiece } from './webtorrent-picker.ts'

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

  /** bittorrent-protocol's Wire: one connected peer. Amounts count piece payload, in bytes. */
  interface Wire {
    readonly peerId: string
    readonly type: 'webrtc' | 'webSeed' | 'tcpIncoming' | 'tcpOutgoing' | 'utpIncoming' | 'utpOutgoing'
    readonly destroyed: boolean
    readonly peerPieces: Bitfield
    /** What the peer asked for and was not sent yet. */
    readonly peerRequests: readonly unknown[]
    destroy(): void
    readonly downloaded: number
    readonly uploaded: number
    downloadSpeed(): number
    uploadSpeed(): number
    once(event: 'close', listener: () => void): void
    on(event: 'have' | 'bitfield' | 'have-all' | 'request', listener: () => void): void
  }

  /** bittorrent-tracker's WebSocket client for one announce URL. */
  interface TrackerSocket {
    readonly socket: {
      readonly connected: boolean
      once(event: 'connect', listener: () => void): void
    } | null
    reconnecting: boolean
    retries: number
    reconnectTimer: ReturnType<typeof setTimeout> | null
    _openSocket(): void
    _startReconnectTimer(): void
    _onSocketConnect(): void
  }

  interface Torrent {
    readonly infoHash: string
    readonly destroyed: boolean
    readonly ready: boolean
    readonly bitfield: Bitfield
    /** Null once verified. */
    readonly pieces: readonly (MissingPiece | null)[]
    /** Where strategy `rarest` asks for the next piece; made before `ready`. */
    readonly _rarityMap: {
      /** Peers that have each piece. */
      readonly _pieces: readonly number[]
      getRarestPiece(accepts: (piece: number) => boolean): number
    }
    readonly wires: readonly Wire[]
    readonly uploaded: number
    readonly downloadSpeed: number
    readonly uploadSpeed: number
    readonly discovery: { readonly tracker: { readonly _trackers: readonly TrackerSocket[] } | null } | null
    select(first: number, last: number): void
    deselect(first: number, last: number): void
    on(event: 'wire', listener: (wire: Wire) => void): void
    on(event: 'error' | 'warning', listener: (error: Error) => void): void
    on(event: 'download' | 'upload' | 'verified', listener: (amount: number) => void): void
    on(event: 'ready' | 'idle' | 'trackerAnnounce', listener: () => void): void
    destroy(options: { destroyStore: boolean }, done: () => void): void
  }

  interface TorrentOptions {
    readonly announce: readonly string[]
    readonly preloadedStore: ChunkStore
    readonly storeCacheSlots: number
    readonly strategy: 'rarest' | 'sequential'
    readonly uploads: number
    readonly deselect: boolean
    readonly bitfield?: Uint8Array
    readonly skipVerify?: boolean
  }

  export default class WebTorrent {
    constructor(options: {
      readonly tracker: { rtcConfig: RTCConfiguration }
      readonly dht: false
      readonly lsd: false
      readonly utPex: false
      readonly natUpnp: false
      readonly natPmp: false
      readonly webSeeds: false
    })
    readonly peerId: string
    readonly tracker: { rtcConfig: RTCConfiguration }
    add(metainfo: Uint8Array, options: TorrentOptions): Torrent
    on(event: 'error', listener: (error: Error) => void): void
  }

  export type { Bitfield, ChunkStore, Torrent, TorrentOptions, TrackerSocket, Wire }
}
