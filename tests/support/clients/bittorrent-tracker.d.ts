/** The part of bittorrent-tracker that the tests and benchmarks use; it ships no types. */
declare module 'bittorrent-tracker/client' {
  import type { EventEmitter } from 'node:events'

  interface Update {
    readonly complete: number
    readonly incomplete: number
  }

  interface Events {
    update: [Update]
    scrape: [Update & { readonly downloaded: number }]
    /** Address and port. */
    peer: [string]
    error: [Error]
    warning: [Error]
  }

  export default class Client extends EventEmitter<Events> {
    constructor(options: {
      infoHash: string
      peerId: string
      announce: readonly string[]
      port: number
      getAnnounceOpts(): { numwant: number; left: number }
    })
    start(): void
    update(): void
    complete(): void
    scrape(): void
    stop(): void
    destroy(callback: () => void): void
  }
}

declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events'
  import type { Server as HttpServer } from 'node:http'

  export default class Server extends EventEmitter {
    constructor(options: { http: boolean; udp: boolean; ws: boolean; stats: boolean })
    readonly http: HttpServer
    listen(port: number, host: object, onListening: () => void): void
    close(callback?: () => void): void
  }
}
