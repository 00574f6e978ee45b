import { type FolderLock, lockFolder } from '../base/folder-lock.ts'
import type { Log } from '../base/log.ts'
import type { Shutdown } from '../base/shutdown.ts'
import { startStep } from '../base/start-error.ts'
import { type Config, DATA_LOCK } from '../config/config.ts'
import { LimitsMet } from '../http/limits/limits-met.ts'
import { RequestOrigin } from '../http/origin.ts'
import { Metrics } from '../monitor/metrics.ts'
import { Readiness } from '../monitor/readiness.ts'
import { SEEDER_LOCK, seederFolder } from '../seeder/link/seeder-options.ts'
import { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import { unlistedStore } from '../shares/publishing/listing.ts'
import { LIMIT_REFUSALS } from '../tracker/refusals.ts'
import { Tracker } from '../tracker/tracker.ts'
import { LateParts } from './app-parts.ts'
import { openDatabase } from './open-database.ts'
import type { STOP_ORDER } from './stop-order.ts'

export type AppShutdown = Shutdown<(typeof STOP_ORDER)[number]>

/** See `openFoundation`. */
export type Foundation = Awaited<ReturnType<typeof openFoundation>>

/**
 * What all else stands on: the locks of this server's folders, its database, and a tracker that admits no share yet. What it
 * opens is closed by `shutdown`. Errors: `StartError`.
 */
export async function openFoundation(config: Config, log: Log, shutdown: AppShutdown) {
  const late = new LateParts()
  const origin = new RequestOrigin(config, log)
  const metrics = config.metrics === 'off' ? null : new Metrics()
  const limitsMet = new LimitsMet(log)
  const tracker = new Tracker({
    ...config,
    onRefused: reason => LIMIT_REFUSALS.has(reason) && limitsMet.note(`tracker: ${reason}`),
    log,
    origin,
    findShare: config.database ? async infoHash => late.cluster()?.find(infoHash) : undefined,
    onAnnounced: metrics ? (transport, seconds) => metrics.announced(transport, seconds) : undefined,
  })
  shutdown.on('tracker', () => tracker.close())
  // Before anything is read or written: another server may be at work there.
  const locks = await lockFolders(config, shutdown)
  const databaseSetting = config.database === undefined ? 'TABSEED_DATA' : 'TABSEED_DATABASE'
  const { shared, stores } = await startStep(`cannot open the database (${databaseSetting})`, () =>
    openDatabase(config, log),
  )
  shutdown.on('database', () => stores.close())
  const metainfo = new MetainfoReader()
  shutdown.on('metainfo', () => metainfo.close())
  return {
    config,
    log,
    shutdown,
    late,
    origin,
    metrics,
    limitsMet,
    tracker,
    locks,
    stores,
    /** Null: this server is alone. */
    shared,
    shareStore: config.listed === 'never' ? unlistedStore(stores.shares) : stores.shares,
    metainfo,
    readiness: new Readiness({ ...config, strangeMigrations: stores.strangeMigrations }),
    /** Whether this node does what only one of several may do. */
    leads: () => shared === null || late.cluster()?.leads() === true,
    /** Runs `read`; what it throws becomes the `StartError` of a database that cannot be read. */
    reading: <T>(read: () => Promise<T>) => startStep(`cannot read the database (${databaseSetting})`, read),
  }
}

/** Locks the data directory and the folder of a seeder that runs here. Errors: `StartError`. */
async function lockFolders(config: Config, shutdown: AppShutdown): Promise<readonly FolderLock[]> {
  const locks: FolderLock[] = []
  shutdown.on('folders', () => {
    for (const lock of locks) lock.release()
  })
  const lockData = () => lockFolder(config.data, DATA_LOCK)
  locks.push(await startStep('cannot use the data directory (TABSEED_DATA)', lockData))
  if (config.seeder && config.seederToken === undefined) {
    const lockSeeder = () => lockFolder(seederFolder(config), SEEDER_LOCK)
    locks.push(await startStep('cannot use the folder of the seeder (TABSEED_SEEDER_DIR)', lockSeeder))
  }
  return locks
}
