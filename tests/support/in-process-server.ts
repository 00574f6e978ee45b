import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { readConfig } from '../../server/config.ts'
import { createHttpServer } from '../../server/http.ts'
import { createLog } from '../../server/log.ts'
import { RequestOrigin } from '../../server/origin.ts'
import { createRouter } from '../../server/routes.ts'
import type { HeldShares } from '../../server/seeder/held.ts'
import { Shares } from '../../server/shares/shares.ts'
import { openSqliteShareStore } from '../../server/shares/sqlite.ts'
import { Tracker } from '../../server/tracker/tracker.ts'
import { WebSeed } from '../../server/webseed/web-seed.ts'

/** All of our own routes around `held`, in this process and without pages. */
export async function startRoutes(held: HeldShares, env: Record<string, string> = {}) {
  const config = readConfig([], { NODE_ENV: 'test', ...env })
  if (config === 'help') throw new TypeError('no --help was given')
  const log = createLog('silent')
  const tracker = new Tracker(log)
  const store = await openSqliteShareStore(':memory:')
  const webSeed = new WebSeed({ held, limit: config.webseedLimit ?? null, log })
  const shares = await Shares.open(store, tracker)
  const isStopping = () => false
  const origin = new RequestOrigin(config)
  const server = createHttpServer({
    log,
    isStopping,
    route: createRouter({ config, origin, shares, tracker, webSeed, isStopping }),
    pages: async (_, response) => {
      response.writeHead(404).end()
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    webSeed,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      tracker.close()
      await store.close()
    },
  }
}
