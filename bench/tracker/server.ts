/** A tracker in a process of its own: `tabseed` or `stock`. Tells its port, and what it used whenever it is asked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Server from 'bittorrent-tracker/server'
import { createLog } from '../../server/base/log.ts'
import { RequestOrigin } from '../../server/http/origin.ts'
import { routeUpgrades } from '../../server/http/upgrade.ts'
import { Metrics } from '../../server/monitor/metrics.ts'
import { Tracker } from '../../server/tracker/tracker.ts'

/** What the process used until now: microseconds of CPU, bytes of memory after a collection. */
export interface Usage {
  readonly cpu: number
  readonly heap: number
  readonly rss: number
}

const LISTEN = { port: 0, host: '127.0.0.1', backlog: 1024 }

function startOurs() {
  const server = createServer()
  // As it runs unless told otherwise: /metrics has the time of every message.
  const metrics = new Metrics()
  const tracker = new Tracker({
    trackerAccess: 'open',
    limits: false,
    scrape: 'specific',
    seederAddress: undefined,
    log: createLog('silent'),
    onAnnounced: (transport, seconds) => metrics.announced(transport, seconds),
    origin: new RequestOrigin({ publicUrl: undefined, trustedProxies: [] }),
  })
  routeUpgrades(server, { tracker, seeder: null, nextServer: undefined })
  return server.listen(LISTEN)
}

function startStock() {
  const tracker = new Server({ http: false, udp: false, stats: false, ws: true })
  tracker.http.listen(LISTEN)
  return tracker.http
}

const server = process.argv[2] === 'stock' ? startStock() : startOurs()
server.once('listening', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.on('message', async (what: 'cpu' | 'memory') => {
  if (what === 'memory') {
    // What a collection frees goes back to the system a moment later.
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.()
      await delay(200)
    }
  }
  const { system, user } = process.cpuUsage()
  const { heapUsed: heap, rss } = process.memoryUsage()
  process.send?.({ cpu: system + user, heap, rss } satisfies Usage)
})
process.on('disconnect', () => process.exit())
