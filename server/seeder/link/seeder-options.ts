import { join, resolve } from 'node:path'
import { webSocketUrl } from '../../../lib/base/web-socket-url.ts'
import type { Config } from '../../config/config.ts'
import type { SeederOptions } from './messages.ts'

/** Lock of the folder of cached shares, held by whoever runs the seeder: a server, or `tabseed seed --server`. */
export const SEEDER_LOCK = 'seeder.lock'

export const seederFolder = ({ data, seederDir }: Pick<Config, 'data' | 'seederDir'>): string =>
  resolve(seederDir ?? join(data, 'seeder'))

/**
 * Options of the seeder that a configuration describes. It adds `trackerQuery` to the announce URLs of the server at
 * `origin`, which identifies it there. ICE servers are sent later, by message.
 */
export function seederOptions(config: Config, origin: string, trackerQuery: string): SeederOptions {
  const { seederBudget: budget, seederShareMax: shareMax = budget } = config
  return {
    folder: seederFolder(config),
    network: {
      trackers: [webSocketUrl(origin), origin].map(base => `${base}/announce${trackerQuery}`),
      iceServers: [],
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
}
