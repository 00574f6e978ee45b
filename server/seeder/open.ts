import { join, resolve } from 'node:path'
import { AppError } from '../../lib/base/errors.ts'
import { iceServersOf } from '../../lib/network/ice.ts'
import { encodeTorrent } from '../../lib/torrent/metainfo.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/config.ts'
import { iceConfig } from '../ice.ts'
import { iceServersForNode } from '../node-engine/client-options.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { Shares } from '../shares/shares.ts'
import { Keeper } from './keeper.ts'
import { RemoteSeeder } from './link/remote-seeder.ts'
import type { OpenSeederLink } from './link/seeder-link.ts'
import { seederOptions } from './link/seeder-options.ts'
import { SeederProcess } from './link/seeder-process.ts'
import { WatchFolder } from './watch-folder.ts'

interface Parts {
  readonly config: Config
  readonly log: Log
  readonly store: ShareStore
  readonly shares: Shares
  /** Where the seeder reaches the tracker. */
  readonly origin: string
  /** By which the tracker knows that the seeder is ours. */
  readonly trackerQuery: string
  /** That does the seeding, instead of a process of ours. */
  readonly remoteSeeder: RemoteSeeder | null
}

/** Where the configuration wants it, the end of a seeder that will connect from another machine. */
export function openRemoteSeeder(config: Config, log: Log): RemoteSeeder | null {
  const { seederToken: token } = config
  return token === undefined
    ? null
    : new RemoteSeeder({ token, iceServers: () => iceServersNow(config), log })
}

const iceServersNow = (config: Config) => iceServersForNode(iceServersOf(iceConfig(config, new Date())))

/** The keeper that the configuration asks for, and the watch over the publish folder. */
export async function openKeeper(parts: Parts) {
  const { config, log, origin, remoteSeeder, shares, store, trackerQuery } = parts
  const seeder = seederOptions(config, origin, trackerQuery)
  const startProcess: OpenSeederLink = heed =>
    new SeederProcess({
      seeder,
      iceServers: () => iceServersNow(config),
      memoryMax: config.seederMemory,
      log,
      heed,
    })
  const torrentOf: ConstructorParameters<typeof Keeper>[0]['torrentOf'] = async infoHash => {
    const parts = await store.findTorrent(infoHash)
    if (!parts) throw new AppError('share_not_found')
    return encodeTorrent({ ...parts, announceList: [] })
  }
  const keeper = new Keeper(
    {
      openLink: remoteSeeder ? heed => remoteSeeder.open(heed) : startProcess,
      folder: remoteSeeder ? null : seeder.folder,
      mode: config.keepAlive,
      log,
      torrentOf,
    },
    await store.listInfoHashes(),
  )
  if (config.publishDir === undefined) return { keeper, watch: null }
  const folder = resolve(config.publishDir)
  const memory = join(seeder.folder, 'published.json')
  const watch = await WatchFolder.open({ folder, memory, keeper, shares, torrentOf, origin, log })
  return { keeper, watch }
}
