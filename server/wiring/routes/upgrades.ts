import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { SEEDER_PATH } from '../../seeder/link/seeder-wire.ts'

interface UpgradeTarget {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

interface UpgradeTargets {
  readonly tracker: UpgradeTarget
  /** Null when no seeder on another machine is configured. */
  readonly seeder: UpgradeTarget | null
  /** In development, the server that Next takes for its own and listens on for its hot reload socket. */
  readonly nextServer: Server | undefined
}

/**
 * The only `upgrade` listener of `server`. By default Next adds its own, which runs page routing on the tracker's
 * sockets, ends some and leaves others hanging. So it is given another server to listen on, and we pass on to it the
 * upgrades that are its own.
 */
export function routeUpgrades(server: Server, { tracker, seeder, nextServer }: UpgradeTargets): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Without a listener, a reset of the connection would be an uncaught error.
    socket.on('error', destroy)
    const path = request.url?.split('?', 1)[0] ?? ''
    if (path === '/announce') tracker.upgrade(request, socket, head)
    else if (path === SEEDER_PATH && seeder) seeder.upgrade(request, socket, head)
    else if (nextServer && path.startsWith('/_next/')) nextServer.emit('upgrade', request, socket, head)
    else
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () =>
        socket.destroy(),
      )
  })
}

function destroy(this: Duplex): void {
  this.destroy()
}
