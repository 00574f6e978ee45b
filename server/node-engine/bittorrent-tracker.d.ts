/** The part of bittorrent-tracker's client that we use; it ships no types. */
declare module 'bittorrent-tracker/client' {
  import type { EventEmitter } from 'node:events'

  interface Update {
    readonly complete: number
    readonly incomplete: number
  }

  interface Events {
    update: [Update]
    scrape: [Update & { readonly downloaded: number }]
    /** `host:port`. */
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
      getAnnounceOpts(): { numwant?: number; left: number; uploaded?: number; downloaded?: number }
    })
    start(): void
    update(): void
    complete(): void
    scrape(): void
    stop(): void
    destroy(callback: () => void): void
  }
}
