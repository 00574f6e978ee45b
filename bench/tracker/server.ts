/**
 * A tracker in a process of its own: `tabseed` or `stock`; after the former a Redis and a name make it a node. Sends its port, and its
 * usage on request.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Server from 'bittorrent-tracker/server'
import { createLog } from '../../server/base/log.ts'
import { RequestOrigin } from '../../server/http/origin.ts'
import { Metrics } from '../../server/monitor/metrics.ts'
import { openRedis } from '../../server/tracker/relay/redis/open.ts'
import { Tracker } from '../../server/tracker/tracker.ts'
import { routeUpgrades } from '../../server/wiring/routes/upgrades.ts'

/** Usage of the process so far: microseconds of CPU, bytes of memory. */
export interface Usage {
  readonly cpu: number
  readonly heap: number
  readonly rss: number
  /** Offers that went to other nodes. */
  readonly away: number
}

const LISTEN = { port: 0, host: '127.0.0.1', backlog: 1024 }

const [contender, redis, node] = process.argv.slice(2)
let tracker: Tracker | null = null

async function startOurs() {
  const server = createServer()
  const log = createLog('silent')
  // As by default: /metrics has the time of every announce.
  const metrics = new Metrics()
  tracker = new Tracker({
    trackerAccess: 'open',
    limits: false,
    scrape: 'specific',
    peersPerAddress: undefined,
    seederAddress: undefined,
    log,
    onAnnounced: (transport, seconds) => metrics.announced(transport, seconds),
    origin: new RequestOrigin({ publicUrl: undefined, trustedProxies: [] }, log),
  })
  const shared = await openRedis({ redis, node, clusterId: undefined, log })
  if (shared) tracker.join(shared)
  routeUpgrades(server, { tracker, seeder: null, nextServer: undefined })
  return server.listen(LISTEN)
}

function startStock() {
  const tracker = new Server({ http: false, udp: false, stats: false, ws: true })
  tracker.http.listen(LISTEN)
  return tracker.http
}

const server = contender === 'stock' ? startStock() : await startOurs()
server.once('listening', () => process.send?.({ port: (server.address() as AddressInfo).port }))

process.on('message', async (what: 'cpu' | 'memory') => {
  if (what === 'memory') {
    // Freed memory goes back to the system a moment after a collection.
    for (let round = 0; round < 3; round += 1) {
      globalThis.gc?.()
      await delay(200)
    }
  }
  const { system, user } = process.cpuUsage()
  const { heapUsed: heap, rss } = process.memoryUsage()
  const away = tracker?.relay?.counters.offers.sent ?? 0
  process.send?.({ cpu: system + user, heap, rss, away } satisfies Usage)
})
process.on('disconnect', () => process.exit())
