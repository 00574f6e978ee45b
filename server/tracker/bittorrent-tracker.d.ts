/** The part of bittorrent-tracker 11 that we use; it ships no types. Hashes and peer ids are hex here. */
declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events'

  export interface StockSwarm {
    readonly complete: number
    readonly incomplete: number
    readonly peers: {
      readonly length: number
      readonly keys: readonly string[]
      /** The peer, or undefined after evicting it because it was silent too long. */
      peek(key: string): { readonly peerId: string; readonly complete: boolean } | undefined
    }
  }

  /** What the server needs of a WebSocket; it reads the address once, from `upgradeReq`. */
  export interface StockSocket extends EventEmitter {
    upgradeReq: StockHttpRequest | null
    send(text: string): void
  }

  export interface StockHttpRequest {
    readonly url?: string
    readonly headers: Readonly<Record<string, string>>
    readonly connection: { readonly remoteAddress: string; readonly remotePort?: number }
  }

  type Callback<T> = (error: Error | null, value?: T) => void

  export default class Server extends EventEmitter {
    static readonly Swarm: new (
      infoHash: string,
      server: Server,
    ) => StockSwarm

    constructor(options: {
      http: false
      udp: false
      ws: false
      stats: false
      /** Milliseconds between announces over HTTP; over WebSocket a fifth of it. */
      interval: number
      filter(infoHash: string, params: object, callback: (error: Error | null) => void): void
    })
    readonly torrents: Record<string, StockSwarm>
    getSwarm(infoHash: string, callback: Callback<StockSwarm | undefined>): void
    createSwarm(infoHash: string, callback: Callback<StockSwarm>): void
    onWebSocketConnection(socket: StockSocket): void
    onHttpRequest(request: StockHttpRequest, response: { end(body: Uint8Array): void }): void
  }
}
