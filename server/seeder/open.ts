import { join, resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { AppError } from '../../lib/base/errors.ts'
import { iceServersOf } from '../../lib/network/ice.ts'
import { encodeTorrent } from '../../lib/torrent/encode-torrent.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { iceConfig } from '../http/ice.ts'
import { iceServersForNode } from '../node-engine/client-options.ts'
import type { MetainfoReader } from '../shares/metainfo/metainfo-reader.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { Shares } from '../shares/shares.ts'
import { RemoteSeeder } from './link/remote-seeder.ts'
import type { OpenSeederLink } from './link/seeder-link.ts'
import { seederOptions } from './link/seeder-options.ts'
import { SeederProcess } from './link/seeder-process.ts'
import { WatchFolder, type WatchTimes } from './publish-folder/watch-folder.ts'
import { ShareCache, type ShareCacheOptions } from './share-cache.ts'

interface Parts {
  readonly config: Config
  readonly log: Log
  readonly store: ShareStore
  readonly shares: Shares
  readonly metainfo: MetainfoReader
  /** Where the seeder reaches the tracker. */
  readonly origin: string
  /** Query of the announce URLs that identifies our own seeder to the tracker. */
  readonly trackerQuery: string
  /** Does the seeding instead of a process of this server. */
  readonly remoteSeeder: RemoteSeeder | null
  /** See `ShareCacheOptions`. */
  readonly onExpired?: ShareCacheOptions['onExpired']
  /** Default: those of `WatchFolder`. */
  readonly watchTimes?: WatchTimes | undefined
}

/** The server's end of a seeder on another machine, or null when the configuration has none. */
export function openRemoteSeeder(config: Config, log: Log): RemoteSeeder | null {
  const { seederToken: token } = config
  return token === undefined
    ? null
    : new RemoteSeeder({ token, iceServers: () => iceServersNow(config), log })
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
    log,
    metainfo,
    origin,
    remoteSeeder,
    shares,
    store,
    trackerQuery,
    watchTimes: times,
  } = parts
  const seeder = seederOptions(config, origin, trackerQuery)
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
      openLink: remoteSeeder ? onMessage => remoteSeeder.open(onMessage) : startProcess,
      folder: remoteSeeder ? null : seeder.folder,
      mode: config.keepAlive,
      metainfo,
      log,
      torrentOf,
      onExpired: parts.onExpired,
    },
    await store.listInfoHashes(),
  )
  if (config.publishDir === undefined) return { shareCache, watch: null }
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
  return { shareCache, watch }
}
