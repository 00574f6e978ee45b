import { AsyncLocalStorage } from 'node:async_hooks'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import type { InfoHash } from '../lib/torrent/ids.ts'
import { onInterrupt } from './base/interrupt.ts'
import { createLog } from './base/log.ts'
import { isPublicAddress } from './base/public-address.ts'
import { ConfigError, helpText, readConfig } from './config/config.ts'
import { WidgetFiles } from './embed/scripts.ts'
import { createHttpServer } from './http/http.ts'
import { RequestOrigin } from './http/origin.ts'
import { createRouter } from './http/routes.ts'
import { routeUpgrades } from './http/upgrade.ts'
import { Metrics } from './monitor/metrics.ts'
import { Monitor } from './monitor/monitor.ts'
import { Recorder } from './monitor/recorder.ts'
import { openPages } from './pages/next.ts'
import { provideServices } from './pages/services.ts'
import type { Keeper } from './seeder/keeper.ts'
import { openKeeper, openRemoteSeeder } from './seeder/open.ts'
import type { WatchFolder } from './seeder/watch-folder.ts'
import { openStoreDirectory } from './shares/database.ts'
import { Shares } from './shares/shares.ts'
import { Tracker } from './tracker/tracker.ts'
import type { HeldShares } from './web-seeds/hosted-shares.ts'
import { WebSeed } from './web-seeds/web-seed.ts'
import { WebSeedList } from './web-seeds/web-seed-list.ts'

/** Requests may take this long to end after a stop was asked for; with what follows it stays below 5 s. */
const STOP_LIMIT_MS = 3_500

// Configuration

const config = loadConfig()
const log = createLog(config.logLevel)
if (config.publicUrl?.startsWith('https:') && config.trustedProxies.length === 0) {
  log.warn('TABSEED_PUBLIC_URL is https, so a proxy is in front: name it in TABSEED_TRUSTED_PROXIES')
}

// Services

const origin = new RequestOrigin(config)
const metrics = config.metrics ? new Metrics() : null
const tracker = new Tracker({
  ...config,
  log,
  origin,
  onAnnounced: metrics ? (transport, seconds) => metrics.announced(transport, seconds) : undefined,
})
const stores = await orExit('cannot open the database (TABSEED_DATA)', () => openStoreDirectory(config.data))
/** Starts when the server listens: it announces to our tracker. */
let keeper: Keeper | null = null
let watch: WatchFolder | null = null
const remoteSeeder = openRemoteSeeder(config, log)
const held: HeldShares = { find: infoHash => keeper?.find(infoHash) ?? null }
const webSeed = new WebSeed({ held, limit: config.webseedLimit ?? null, log })
const webSeedList = new WebSeedList({
  ...stores,
  held,
  mayConnect: config.webseedPrivate === 'allow' ? () => true : isPublicAddress,
  log,
})
metrics?.watch({ tracker, keeper: () => keeper, webSeedBytes: () => webSeed.sent })
const monitor = new Monitor({
  show: config.status,
  tracker,
  shares: stores.shares,
  history: stores.history,
  keeper: () => keeper,
})
const admission = {
  admit: (infoHash: InfoHash) => {
    tracker.admit(infoHash)
    monitor.changed()
    keeper?.admit(infoHash)
  },
  drop: (infoHash: InfoHash) => {
    keeper?.remove(infoHash)
    tracker.drop(infoHash)
    monitor.changed()
    webSeed.drop(infoHash)
  },
  hide: (infoHash: InfoHash) => {
    tracker.hide(infoHash)
    monitor.changed()
  },
  show: (infoHash: InfoHash) => {
    tracker.show(infoHash)
    monitor.changed()
  },
  deny: (infoHash: InfoHash) => tracker.deny(infoHash),
  allow: (infoHash: InfoHash) => tracker.allow(infoHash),
}
const shares = await Shares.open({
  store: stores.shares,
  admission,
  webSeeds: webSeedList,
  operatorKey: config.operatorKey,
  udpPort: config.udpPort,
})
tracker.keepState(join(config.data, 'tracker.json'))
const recorder = await Recorder.start({ tracker, history: stores.history, log })
const pages = await orExit('cannot load the pages (npm start builds them)', () => openPages(config))

/** Origin of the request a page is rendered for. */
const currentOrigin = new AsyncLocalStorage<string>()
provideServices({
  shares: { find: infoHash => shares.find(infoHash, requireOrigin()) },
  monitor: {
    shows: config.status,
    status: () => monitor.status(requireOrigin()),
    history: infoHash => monitor.history(infoHash, requireOrigin()),
  },
  publicUrl: requireOrigin,
})

// HTTP

let stopping = false
const isStopping = () => stopping
const server = createHttpServer({
  log,
  isStopping,
  route: createRouter({
    config,
    keeper: () => keeper,
    metrics,
    monitor,
    origin,
    shares,
    tracker,
    webSeed,
    webSeedList,
    widget: new WidgetFiles(config),
    isStopping,
  }),
  pages: (request, response) =>
    currentOrigin.run(origin.publicUrl(request), () => pages.handle(request, response)),
})
routeUpgrades(server, {
  tracker,
  seeder: remoteSeeder,
  nextServer: config.dev ? pages.nextServer : undefined,
})

/** Open connections, WebSockets included, which `server.closeAllConnections()` does not know. */
const connections = new Set<Socket>()
server.on('connection', connection => {
  connections.add(connection)
  // One function for all: there may be tens of thousands.
  connection.once('close', forgetConnection)
})

// Listen

const { udpPort } = config
if (udpPort !== undefined) {
  await orExit(`UDP port ${udpPort} (TABSEED_UDP_PORT)`, () => tracker.listenUdp(udpPort, config.host))
}
server.once('error', failToListen)
server.listen(config.port, config.host, () => {
  server.off('error', failToListen)
  if (config.seeder || remoteSeeder) void orExit('cannot start the seeder', startKeeper)
  process.stdout.write(`Tabseed is at ${config.publicUrl ?? localUrl()}\n`)
  log.info({ port: (server.address() as AddressInfo).port, dev: config.dev }, 'listening')
})

// Shutdown

onInterrupt(
  signal => void stop(signal),
  () => process.exit(1),
)

/** Take no more, let what runs end within the limit, then close the database and go. */
async function stop(signal: string): Promise<void> {
  stopping = true
  log.info({ signal }, 'stopping')
  const closed = new Promise(resolve => server.close(resolve))
  // While its peers are still there.
  await recorder.stop()
  tracker.close()
  await remoteSeeder?.stop()
  const cut = setTimeout(() => {
    for (const connection of connections) connection.destroy()
  }, STOP_LIMIT_MS)
  await closed
  await tracker.saveState()
  clearTimeout(cut)
  watch?.close()
  await keeper?.stop()
  await pages.close()
  webSeedList.close()
  await stores.close()
  log.info('stopped')
  process.exit(0)
}

function forgetConnection(this: Socket): void {
  connections.delete(this)
}

function loadConfig() {
  try {
    const config = readConfig(process.argv.slice(2), process.env)
    if (config !== 'help') return config
    process.stdout.write(helpText())
    process.exit(0)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`Tabseed cannot start:\n${error.problems.map(problem => `  ${problem}\n`).join('')}`)
    process.exit(2)
  }
}

/** What `step` gives; if it fails, one line that says what could not be done. */
async function orExit<T>(what: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    process.stderr.write(`Tabseed cannot start: ${what}: ${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  }
}

function failToListen(error: NodeJS.ErrnoException): void {
  const reason =
    error.code === 'EADDRINUSE'
      ? `port ${config.port} is taken: choose another with TABSEED_PORT or --port`
      : `cannot listen on ${config.host}, port ${config.port} (${error.code}): see TABSEED_HOST and TABSEED_PORT`
  process.stderr.write(`Tabseed cannot start: ${reason}\n`)
  process.exit(1)
}

/** The seeder reaches our tracker by this machine's own address, whatever name people use. */
async function startKeeper(): Promise<void> {
  const origin = localUrl().replace('localhost', '127.0.0.1')
  const opened = await openKeeper({
    config,
    log,
    shares,
    store: stores.shares,
    origin,
    trackerQuery: tracker.ownQuery,
    remoteSeeder,
  })
  keeper = opened.keeper
  watch = opened.watch
}

/** The address to open on this machine. */
function localUrl(): string {
  const { address, family, port } = server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  return `http://${['0.0.0.0', '[::]'].includes(host) ? 'localhost' : host}:${port}`
}

function requireOrigin(): string {
  const current = currentOrigin.getStore()
  if (current === undefined) throw new Error('a page asked for the origin outside of a request')
  return current
}
