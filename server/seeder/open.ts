import { join, resolve } from 'node:path'
import { AppError } from '../../lib/errors.ts'
import { iceServersOf } from '../../lib/ice.ts'
import { encodeTorrent } from '../../lib/torrent/metainfo.ts'
import type { Config } from '../config.ts'
import { iceConfig } from '../ice.ts'
import type { Log } from '../log.ts'
import type { ShareStore } from '../shares/share-store.ts'
import type { Shares } from '../shares/shares.ts'
import { iceServersForNode } from './client-options.ts'
import { Keeper } from './keeper.ts'
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
}

/** The keeper that the configuration asks for, and the watch over the publish folder. */
export async function openKeeper({ config, log, origin, shares, store, trackerQuery }: Parts) {
  const { seederBudget: budget, seederShareMax: shareMax = budget } = config
  const iceServers = () => iceServersForNode(iceServersOf(iceConfig(config, new Date())))
  const seeder = {
    folder: resolve(config.seederDir ?? join(config.data, 'seeder')),
    network: {
      trackers: [origin.replace(/^http/, 'ws'), origin].map(base => `${base}/announce${trackerQuery}`),
      iceServers: iceServers(),
      webSeeds: [],
    },
    policy: {
      budget,
      shareMax,
      days: config.seederDays ?? null,
      idleDays: config.seederIdleDays ?? null,
      ratio: config.seederRatio ?? null,
    },
    port: config.seederPort,
    udpPorts: config.seederUdp ?? null,
    utp: config.seederUtp,
    dht: config.seederDht,
    limits: { download: config.seederDownload ?? null, upload: config.seederUpload ?? null },
  }
  const torrentOf: ConstructorParameters<typeof Keeper>[0]['torrentOf'] = async infoHash => {
    const parts = await store.findTorrent(infoHash)
    if (!parts) throw new AppError('share_not_found')
    return encodeTorrent({ ...parts, announceList: [] })
  }
  const keeper = new Keeper(
    { seeder, iceServers, memoryMax: config.seederMemory, mode: config.keepAlive, log, torrentOf },
    await store.listInfoHashes(),
  )
  if (config.publishDir === undefined) return { keeper, watch: null }
  const folder = resolve(config.publishDir)
  const memory = join(seeder.folder, 'published.json')
  const watch = await WatchFolder.open({ folder, memory, keeper, shares, torrentOf, origin, log })
  return { keeper, watch }
}
