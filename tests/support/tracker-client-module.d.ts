/** The part of bittorrent-tracker's client that the tests use; it ships no types. */
declare module 'bittorrent-tracker/client' {
  import type { EventEmitter } from 'node:events'

  interface Update {
    readonly complete: number
    readonly incomplete: number
  }

  export default class Client extends EventEmitter<{ update: [Update]; error: [Error]; warning: [Error] }> {
    constructor(options: {
      infoHash: string
      peerId: string
      announce: readonly string[]
      port: number
      getAnnounceOpts(): { numwant: number; left: number }
    })
    start(): void
    destroy(callback: () => void): void
  }
}
