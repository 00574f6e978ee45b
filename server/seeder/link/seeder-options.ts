import { join, resolve } from 'node:path'
import type { Config } from '../../config/config.ts'
import type { SeederOptions } from '../process/seeder.ts'

/**
 * The seeder that a configuration asks for. `trackerQuery` is what it adds to the announce URLs of the server at `origin`,
 * which so knows it for its own. ICE servers are told to it.
 */
export function seederOptions(config: Config, origin: string, trackerQuery: string): SeederOptions {
  const { seederBudget: budget, seederShareMax: shareMax = budget } = config
  return {
    folder: resolve(config.seederDir ?? join(config.data, 'seeder')),
    network: {
      trackers: [origin.replace(/^http/, 'ws'), origin].map(base => `${base}/announce${trackerQuery}`),
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
