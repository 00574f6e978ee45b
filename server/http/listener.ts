import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { StartError } from '../base/start-error.ts'

interface ListenOptions {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
  /** What an operator changes; left out: host and port of the server. */
  readonly settings?: string
}

/** An HTTP server that listens, and all of its open connections. */
export class Listener {
  readonly #server: Server
  /** WebSockets included, which `server.closeAllConnections()` does not know. */
  readonly #connections = new Set<Socket>()
  #closed: Promise<void> | null = null

  private constructor(server: Server) {
    this.#server = server
    const forget = forgetIn(this.#connections)
    server.on('connection', connection => {
      this.#connections.add(connection)
      // One function for all: there may be tens of thousands.
      connection.once('close', forget)
    })
  }

  /** Errors: `StartError`, which names the settings of host and port. */
  static async listen(server: Server, options: ListenOptions): Promise<Listener> {
    const listener = new Listener(server)
    await new Promise<void>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(listenError(error, options))
      server.once('error', fail)
      server.listen(options.port, options.host, () => {
        server.off('error', fail)
        resolve()
      })
    })
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Origin to open on this machine, without a slash at the end. */
  get localUrl(): string {
    const { address, family, port } = this.#server.address() as AddressInfo
    const host = family === 'IPv6' ? `[${address}]` : address
    return `http://${['0.0.0.0', '[::]'].includes(host) ? 'localhost' : host}:${port}`
  }

  /** Accepts no more connections; those that are open go on. */
  refuseNew(): void {
    this.#closed ??= new Promise(resolve => this.#server.close(() => resolve()))
  }

  /** Resolves when every connection has ended; after `limitMs` those that are left are cut. */
  async drain(limitMs: number): Promise<void> {
    this.refuseNew()
    const cut = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy()
    }, limitMs)
    await this.#closed
    clearTimeout(cut)
  }
}

const forgetIn = (connections: Set<Socket>) =>
  function (this: Socket): void {
    connections.delete(this)
  }

function listenError(error: NodeJS.ErrnoException, { host, port, settings }: ListenOptions): StartError {
  const reason =
    error.code === 'EADDRINUSE'
      ? `port ${port} is taken: choose another with ${settings ?? 'TABSEED_PORT or --port'}`
      : `cannot listen on ${host}, port ${port} (${error.code}): see ${settings ?? 'TABSEED_HOST and TABSEED_PORT'}`
  return new StartError(reason, { cause: error })
}
