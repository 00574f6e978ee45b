import { join, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../lib/base/errors.ts'
import { iceServersOf } from '../../lib/network/ice.ts'
import { encodeTorrent } from '../../lib/torrent/encode-torrent.ts'
import type { Log } from '../base/log.ts'
import { makeFolder } from '../base/make-folder.ts'
import type { BucketClaims } from '../bucket/claims.ts'
import type { Config } from '../config/config.ts'
import { iceConfig } from '../http/ice.ts'
import { iceServersForNode } from '../node-engine/client-options.ts'
import type { CopyStore } from '../shares/copies/copy-store.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { Shares } from '../shares/shares.ts'
import { seederIdentity } from './link/identity.ts'
import { RemoteSeeders } from './link/remote-seeders.ts'
import type { OpenSeederLink } from './link/seeder-link.ts'
import { seederOptions } from './link/seeder-options.ts'
import { SeederProcess } from './link/seeder-process.ts'
import type { PlacementTimes } from './placement/balancer.ts'
import { CopyTable } from './placement/copy-table.ts'
import { WatchFolder, type WatchTimes } from './publish-folder/watch-folder.ts'
import { ShareCache, type ShareCacheOptions } from './share-cache.ts'

interface Parts {
  readonly config: Config
  readonly log: Log
  readonly stores: { readonly shares: ShareStore; readonly copies: CopyStore }
  /** Whether this server places copies, of several. */
  readonly leads: () => boolean
  readonly shares: Shares
  readonly metainfo: MetainfoReader
  /** Where the seeder reaches the tracker. */
  readonly origin: string
  /** Query of the announce URLs that identifies our own seeder to the tracker. */
  readonly trackerQuery: string
  /** They do the seeding instead of a process of this server. */
  readonly remoteSeeders: RemoteSeeders | null
  /** See `ShareCacheOptions`. */
  readonly onExpired?: ShareCacheOptions['onExpired']
  /** Default: those of `WatchFolder`. */
  readonly watchTimes?: WatchTimes | undefined
  /** See `SeederOptions`. */
  readonly sweepMs?: number | undefined
  /** Default: those of `Balancer`. */
  readonly placementTimes?: PlacementTimes | undefined
}

/** The server's end of seeders on other machines, or null when the configuration has none; with `claims` they may upload to the bucket. */
export function openRemoteSeeders(
  config: Config,
  claims: BucketClaims | undefined,
  log: Log,
): RemoteSeeders | null {
  const { seederToken: token } = config
  return token === undefined
    ? null
    : new RemoteSeeders({ token, claims, iceServers: () => iceServersNow(config), log })
}

const iceServersNow = (config: Config) =>
  iceServersForNode(iceServersOf(iceConfig(config, new Date(), 'seeder')))

/**
 * The share cache, with its seeder, and the watch over the publish folder, which is null when the configuration has none.
 * Errors: the file system's own when the publish folder cannot be read.
 */
export async function openShareCache(parts: Parts) {
  const {
    config,
    leads,
    log,
    metainfo,
    origin,
    remoteSeeders,
    shares,
    stores,
    trackerQuery,
    watchTimes: times,
  } = parts
  const store = stores.shares
  const seeder = { ...seederOptions(config, origin, trackerQuery), sweepMs: parts.sweepMs }
  const startProcess: OpenSeederLink = onMessage =>
    new SeederProcess({
      seeder,
      iceServers: () => iceServersNow(config),
      memoryMax: config.seederMemory,
      log,
      onMessage,
    })
  const torrentOf: ShareCacheOptions['torrentOf'] = async infoHash => {
    const parts = await store.findTorrent(infoHash)
    if (!parts) throw new AppError('share_not_found')
    // It may be large; the tracker has its turn in between.
    await nextTurn()
    const torrent = encodeTorrent({ ...parts, announceList: [] })
    await nextTurn()
    return torrent
  }
  const shareCache = new ShareCache(
    {
      mode: config.keepAlive,
      hasSeeders: config.seeder || remoteSeeders !== null,
      metainfo,
      log,
      torrentOf,
      onExpired: parts.onExpired,
      lengthOf: async infoHash => (await store.findBrief(infoHash, 0))?.content.length ?? null,
      table: await CopyTable.open(stores.copies, log),
      store: stores.copies,
      copies: config.seederCopies,
      leads,
      placementTimes: parts.placementTimes,
    },
    await store.listInfoHashes(),
  )
  // Before any seeder is asked for anything: those that are away count.
  await shareCache.balance()
  if (remoteSeeders) remoteSeeders.open((identity, openLink) => shareCache.link(identity, openLink, null))
  else if (config.seeder) {
    await makeFolder(seeder.folder, { mode: 0o700 })
    shareCache.link(await seederIdentity(seeder.folder, config, log), startProcess, seeder.folder)
  }
  if (config.publishDir === undefined) {
    shareCache.folderSeen()
    return { shareCache, watch: null }
  }
  const folder = resolve(config.publishDir)
  const memory = join(seeder.folder, 'published.json')
  const watch = await WatchFolder.open({
    folder,
    memory,
    times,
    shareCache,
    shares,
    store,
    metainfo,
    origin,
    log,
  })
  shareCache.folderSeen()
  return { shareCache, watch }
}
