/** The part of bittorrent-tracker's server that we compare with; it ships no types. */
declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events'
  import type { Server as HttpServer } from 'node:http'

  export default class Server extends EventEmitter {
    constructor(options: {
      http: boolean
      udp: boolean
      ws: boolean
      stats: boolean
      trustProxy?: boolean
      interval?: number
    })
    readonly http: HttpServer
    close(callback?: () => void): void
  }
}
