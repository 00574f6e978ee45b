/** The part of bittorrent-tracker's server that the tests and benchmarks use; it ships no types. */
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
