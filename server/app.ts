import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AppError } from '../lib/base/errors.ts'
import type { InfoHash } from '../lib/torrent/ids.ts'
import { saveSettings } from './backup/settings-file.ts'
import { lockFolder } from './base/folder-lock.ts'
import { createLog } from './base/log.ts'
import { isPublicAddress } from './base/public-address.ts'
import { Shutdown } from './base/shutdown.ts'
import { startStep } from './base/start-error.ts'
import { Cluster } from './cluster/cluster.ts'
import { type Config, DATA_LOCK } from './config/config.ts'
import { WidgetFiles } from './embed/scripts.ts'
import { createHttpServer } from './http/http.ts'
import { isLimit, LimitsMet } from './http/limits/limits-met.ts'
import { Listener } from './http/listener.ts'
import { RequestOrigin } from './http/origin.ts'
import { Metrics } from './monitor/metrics.ts'
import { Monitor } from './monitor/monitor.ts'
import { Readiness } from './monitor/readiness.ts'
import { Recorder } from './monitor/recorder.ts'
import { openPages } from './pages/next.ts'
import { Publishers } from './publishers/publishers.ts'
import { SEEDER_LOCK, seederFolder } from './seeder/link/seeder-options.ts'
import { openRemoteSeeders, openShareCache } from './seeder/open.ts'
import type { ShareCache } from './seeder/share-cache.ts'
import { EndedShares } from './shares/expiry/ended-shares.ts'
import { MetainfoReader } from './shares/metainfo/metainfo-reader.ts'
import { unlistedStore } from './shares/publishing/listing.ts'
import { Shares } from './shares/shares.ts'
import { LIMIT_REFUSALS } from './tracker/refusals.ts'
import { openRedis } from './tracker/relay/redis/open.ts'
import { Tracker } from './tracker/tracker.ts'
import type { HostedShares } from './web-seeds/hosted-shares.ts'
import { WebSeed } from './web-seeds/web-seed.ts'
import { WebSeedList } from './web-seeds/web-seed-list.ts'
import type { AppOptions, AppServices } from './wiring/app-parts.ts'
import { refuseBlockedPage } from './wiring/routes/blocked.ts'
import { openBucket } from './wiring/bucket.ts'
import { openExpiries } from './wiring/expiries.ts'
import { openDatabase } from './wiring/open-database.ts'
import { operatorTexts } from './wiring/operator-texts.ts'
import { pageServices } from './wiring/page-services.ts'
import { admissionOf, usageIn } from './wiring/published-shares.ts'
import { createRouter } from './wiring/routes/all.ts'
import { warnAtStart } from './wiring/start-warnings.ts'
import { STOP_ORDER } from './wiring/stop-order.ts'
import { openTakedown } from './wiring/takedown.ts'
import { routeUpgrades } from './wiring/routes/upgrades.ts'

export interface App {
  /** Resolves when the server listens and its seeder is set up. Errors: `StartError`; `stop` then closes what was opened. */
  start(): Promise<void>
  /**
   * Takes no more requests, lets running ones end within the limit, and closes everything; waits for a start that is under way.
   * A second call waits for the first. Errors: the first that closing met; everything else is closed all the same.
   */
  stop(): Promise<void>
  /** Origin to open on this machine, without a slash at the end. Throws before `start` has resolved. */
  readonly url: string
  /** Throws before `start` has resolved. */
  readonly services: AppServices
}

const DRAIN_LIMIT_MS = 3_500

/** Milliseconds over which tabs are sent away at a stop, if the configuration gives no more. */
const SEND_AWAY_MS = 1_000

/** One Tabseed server: all wiring is here. Several may run in one process; each has its own `config.data`. */
export function createApp(config: Config, options: AppOptions = {}): App {
  const log = options.log ?? createLog(config.logLevel)
  const shutdown = new Shutdown(STOP_ORDER)
  let running: { readonly url: string; readonly services: AppServices } | null = null
  let started: Promise<void> | null = null
  let stopped: Promise<void> | null = null
  let isStopping = false

  async function start(): Promise<void> {
    warnAtStart(config, log)
    const origin = new RequestOrigin(config, log)
    const metrics = config.metrics === 'off' ? null : new Metrics()
    const limitsMet = new LimitsMet(log)
    const tracker = new Tracker({
      ...config,
      onRefused: reason => LIMIT_REFUSALS.has(reason) && limitsMet.note(`tracker: ${reason}`),
      log,
      origin,
      findShare: config.database ? async infoHash => cluster?.find(infoHash) : undefined,
      onAnnounced: metrics ? (transport, seconds) => metrics.announced(transport, seconds) : undefined,
    })
    shutdown.on('tracker', () => tracker.close())
    // Before anything is read or written: another server may be at work there.
    const locks = await startStep('cannot use the data directory (TABSEED_DATA)', async () => [
      await lockFolder(config.data, DATA_LOCK),
    ])
    shutdown.on('folders', () => {
      for (const lock of locks) lock.release()
    })
    if (config.seeder && config.seederToken === undefined) {
      const lock = () => lockFolder(seederFolder(config), SEEDER_LOCK)
      locks.push(await startStep('cannot use the folder of the seeder (TABSEED_SEEDER_DIR)', lock))
    }
    const databaseSetting = config.database === undefined ? 'TABSEED_DATA' : 'TABSEED_DATABASE'
    const { shared, stores } = await startStep(`cannot open the database (${databaseSetting})`, () =>
      openDatabase(config, log),
    )
    shutdown.on('database', () => stores.close())
    let cluster: Cluster | null = null
    const leads = () => shared === null || cluster?.leads() === true
    const shareStore = config.listed === 'never' ? unlistedStore(stores.shares) : stores.shares
    /** Opened when the server listens: the seeder announces to our tracker. */
    let shareCache: ShareCache | null = null
    const lookAtCopies = async (some: readonly InfoHash[]) => shareCache?.lookAgain(some)
    const hosted: HostedShares = options.hosted ?? { find: infoHash => shareCache?.find(infoHash) ?? null }
    const webSeed = new WebSeed({ hosted, limit: config.webseedLimit ?? null, log })
    const policy = options.probePolicy ?? {
      mayConnect: config.webseedPrivate === 'allow' ? () => true : isPublicAddress,
    }
    const metainfo = new MetainfoReader()
    shutdown.on('metainfo', () => metainfo.close())
    const bucketParts = { config, stores, hosted, metainfo, cluster: () => cluster, leads, log }
    const opened = await openBucket({ ...bucketParts, complete: () => shareCache })
    const bucket = opened?.bucket ?? null
    shutdown.on('bucket', () => bucket?.close())
    const remoteSeeders = openRemoteSeeders(config, opened?.claims, log)
    shutdown.on('remote seeders', () => remoteSeeders?.stop())
    const holders = (infoHash: InfoHash) => shareCache?.holders(infoHash) ?? []
    const webSeedList = new WebSeedList({
      ...{ ...stores, ...policy, hosted, bucket, holders, metainfo, leads, log },
    })
    shutdown.on('web seed probes', () => webSeedList.close())
    const readiness = new Readiness({ ...config, strangeMigrations: stores.strangeMigrations })
    const monitor = new Monitor({
      show: config.status,
      tracker,
      shares: shareStore,
      history: stores.history,
      shareCache: () => shareCache,
    })
    const takedown = await startStep(`cannot read the database (${databaseSetting})`, () =>
      openTakedown({ config, stores, leads, log, shares: () => shares }),
    )
    const ended = await startStep(`cannot read the database (${databaseSetting})`, () =>
      EndedShares.open(stores.endings),
    )
    shutdown.on('retention', () => takedown.retention.close())
    const admission = admissionOf({ tracker, monitor, webSeed, bucket, shareCache: () => shareCache })
    const shares: Shares = await startStep(`cannot read the database (${databaseSetting})`, () =>
      Shares.open({
        store: shareStore,
        admission,
        webSeeds: webSeedList,
        ...takedown,
        budget: config.sharesBudget,
        udpPort: config.udpPort,
        listing: config.listed,
        expiry: config,
        ended,
        metainfo,
      }),
    )
    const nodeParts = { config, shares: shareStore, ...takedown, ended, admission, tracker, log }
    cluster = shared && (await Cluster.join({ ...nodeParts, stores: shared, lookAtCopies }))
    shutdown.on('cluster', () => cluster?.close())
    const redis = await startStep('cannot join other servers (TABSEED_REDIS)', () =>
      openRedis({ ...config, node: cluster?.node ?? config.node, clusterId: shared?.clusterId, log }),
    )
    if (redis !== null) tracker.join(redis)
    const measured = { tracker, bucket, readiness, shareCache: () => shareCache }
    metrics?.watch({ ...measured, webSeedBytes: () => webSeed.sent })
    const usageOf = usageIn(stores.shares, () => shareCache)
    const publishers = new Publishers({ store: stores.tokens, usageOf })
    const expiries = openExpiries({
      ...{ bucket, config, stores, tracker, shares, ended, webSeedList, cluster, log },
      shareCache: () => shareCache,
    })
    const { endings, inboxes, presences } = expiries
    shutdown.on('expiry', expiries.close)
    shutdown.on('presence', () => presences.close())
    await startStep('cannot read the state of the tracker', async () =>
      tracker.keepState(join(config.data, 'tracker.json')),
    )

    const texts = await startStep('cannot read TABSEED_TERMS or TABSEED_PRIVACY', () => operatorTexts(config))
    const seen = { bucket, ended, inboxes, presences, texts, shares, monitor, shareCache: () => shareCache }
    const pages =
      options.pages === 'none'
        ? null
        : await startStep('cannot load the pages (npm start builds them)', () =>
            openPages({ ...config, servicesUnder: pageServices(config, { ...takedown, ...seen }) }),
          )
    shutdown.on('pages', () => pages?.close())
    const server = createHttpServer({
      log,
      origin,
      limited: config.limits,
      isStopping: () => isStopping,
      keepAliveMs: options.keepAliveMs,
      stallMs: options.stallMs,
      onFailed: code => isLimit(code) && limitsMet.note(code),
      route: createRouter({
        ...takedown,
        bucket,
        redirect: opened?.redirect,
        cluster,
        limitsMet,
        config,
        ended,
        inboxes,
        log,
        stores,
        shareCache: () => shareCache,
        metrics,
        monitor,
        origin,
        presences,
        publishers,
        shares,
        tracker,
        webSeed,
        webSeedList,
        widget: new WidgetFiles(config),
        readiness,
      }),
      pages: async (request, response) => {
        const publicUrl = origin.publicUrl(request)
        await refuseBlockedPage({ blocks: takedown.blocks, ended, inboxes }, request, response)
        if (pages === null) throw new AppError('route_not_found')
        await pages.handle(publicUrl, request, response)
      },
    })
    routeUpgrades(server, {
      tracker,
      seeder: remoteSeeders,
      nextServer: config.dev ? pages?.nextServer : undefined,
    })

    const { udpPort } = config
    if (udpPort !== undefined) {
      await startStep(`UDP port ${udpPort} (TABSEED_UDP_PORT)`, () => tracker.listenUdp(udpPort, config.host))
    }
    const listener = await Listener.listen(server, config)
    shutdown.on('draining', async () => {
      readiness.drain()
      const ms = config.drainSeconds * 1000
      await Promise.all([delay(ms), tracker.sendAway(Math.max(ms, SEND_AWAY_MS))])
    })
    shutdown.on('new connections', () => {
      isStopping = true
      listener.refuseNew()
    })
    shutdown.on('requests', () => listener.drain(options.drainLimitMs ?? DRAIN_LIMIT_MS))
    log.info({ port: listener.port, dev: config.dev }, 'listening')
    for (const lock of locks) lock.describe({ port: listener.port })

    // From here on this server writes: one that cannot listen leaves everything as it was.
    shutdown.on('tracker state', () => tracker.saveState())
    await saveSettings(config).catch(reason => log.warn({ err: reason }, 'backups will have no settings'))
    const counted = cluster?.samples
    const recorder = await Recorder.start({ tracker, history: stores.history, counted, log })
    shutdown.on('recorder', () => recorder.stop())
    if (config.seeder || remoteSeeders || shared) {
      const seeding = await startStep('cannot start the seeder', () =>
        openShareCache({
          ...options,
          config,
          log,
          shares,
          stores,
          leads,
          // The seeder reaches our tracker by this machine's own address, whatever name people use.
          origin: listener.localUrl.replace('localhost', '127.0.0.1'),
          trackerQuery: tracker.seederQuery,
          metainfo,
          remoteSeeders,
          onExpired: infoHash => bucket?.drop(infoHash),
        }),
      )
      shareCache = seeding.shareCache
      shutdown.on('publish folder', () => seeding.watch?.close())
      shutdown.on('seeder', () => seeding.shareCache.stop())
    }
    bucket?.start()
    running = {
      url: listener.localUrl,
      services: {
        endings,
        inboxes,
        presences,
        publishers,
        shares,
        tracker,
        webSeed,
        webSeedList,
        monitor,
        shareCache,
        bucket,
      },
    }
  }

  async function stop(): Promise<void> {
    // Its error is for whoever started it.
    await started?.catch(() => undefined)
    await shutdown.run()
  }

  function requireRunning() {
    if (running === null) throw new Error('the server has not started')
    return running
  }

  return {
    start() {
      started ??= start()
      return started
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
    get url() {
      return requireRunning().url
    },
    get services() {
      return requireRunning().services
    },
  }
}
