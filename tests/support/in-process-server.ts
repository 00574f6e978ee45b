import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createLog } from '../../server/base/log.ts'
import { readConfig } from '../../server/config/config.ts'
import { WidgetFiles } from '../../server/embed/scripts.ts'
import { createHttpServer } from '../../server/http/http.ts'
import { RequestOrigin } from '../../server/http/origin.ts'
import { createRouter } from '../../server/http/routes.ts'
import { Monitor } from '../../server/monitor/monitor.ts'
import { openSqliteStores } from '../../server/shares/database.ts'
import { Shares } from '../../server/shares/shares.ts'
import { Tracker } from '../../server/tracker/tracker.ts'
import type { HeldShares } from '../../server/web-seeds/hosted-shares.ts'
import type { NetworkPolicy } from '../../server/web-seeds/range-client.ts'
import { WebSeed } from '../../server/web-seeds/web-seed.ts'
import { WebSeedList } from '../../server/web-seeds/web-seed-list.ts'

/** All of our own routes around `held`, in this process and without pages; web seeds are probed under `policy`. */
export async function startRoutes(
  held: HeldShares,
  env: Record<string, string> = {},
  policy: NetworkPolicy = { mayConnect: () => true },
) {
  const config = readConfig([], { NODE_ENV: 'test', ...env })
  if (config === 'help') throw new TypeError('no --help was given')
  const log = createLog('silent')
  const origin = new RequestOrigin(config)
  const tracker = new Tracker({ ...config, log, origin })
  const stores = await openSqliteStores(':memory:')
  const webSeed = new WebSeed({ held, limit: config.webseedLimit ?? null, log })
  const webSeedList = new WebSeedList({ ...stores, ...policy, held, log })
  const shares = await Shares.open({
    store: stores.shares,
    admission: tracker,
    webSeeds: webSeedList,
    operatorKey: config.operatorKey,
    udpPort: config.udpPort,
  })
  const monitor = new Monitor({
    show: config.status,
    tracker,
    shares: stores.shares,
    history: stores.history,
    keeper: () => null,
  })
  const isStopping = () => false
  const server = createHttpServer({
    log,
    isStopping,
    route: createRouter({
      config,
      keeper: () => null,
      metrics: null,
      monitor,
      origin,
      shares,
      tracker,
      webSeed,
      webSeedList,
      widget: new WidgetFiles({ dev: true }),
      isStopping,
    }),
    pages: async (_, response) => {
      response.writeHead(404).end()
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    webSeed,
    webSeedList,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      tracker.close()
      webSeedList.close()
      await stores.close()
    },
  }
}
