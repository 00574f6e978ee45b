import type { InfoHash } from '../../lib/torrent/ids.ts'
import { isPublicAddress } from '../base/public-address.ts'
import { openRemoteSeeders } from '../seeder/open.ts'
import type { HostedShares } from '../web-seeds/hosted-shares.ts'
import { WebSeed } from '../web-seeds/web-seed.ts'
import { WebSeedList } from '../web-seeds/web-seed-list.ts'
import type { AppOptions } from './app-parts.ts'
import { openBucket } from './bucket.ts'
import type { Foundation } from './foundation.ts'

/** See `openHolders`. */
export type Holders = Awaited<ReturnType<typeof openHolders>>

/** Who has the bytes of shares beside their peers: this disk, the bucket, seeders and web seeds elsewhere. Errors: `StartError`. */
export async function openHolders(foundation: Foundation, options: AppOptions) {
  const { config, late, leads, log, metainfo, shutdown, stores } = foundation
  const hosted: HostedShares = options.hosted ?? {
    find: infoHash => late.shareCache()?.find(infoHash) ?? null,
  }
  const webSeed = new WebSeed({ hosted, limit: config.webseedLimit ?? null, log })
  const opened = await openBucket({
    ...foundation,
    hosted,
    complete: late.shareCache,
    cluster: late.cluster,
  })
  const bucket = opened?.bucket ?? null
  shutdown.on('bucket', () => bucket?.close())
  const remoteSeeders = openRemoteSeeders(config, opened?.claims, log)
  shutdown.on('remote seeders', () => remoteSeeders?.stop())
  const policy = options.probePolicy ?? {
    mayConnect: config.webseedPrivate === 'allow' ? () => true : isPublicAddress,
  }
  const holders = (infoHash: InfoHash) => late.shareCache()?.holders(infoHash) ?? []
  const webSeedList = new WebSeedList({
    ...{ ...stores, ...policy, hosted, bucket, holders, metainfo, leads, log },
  })
  shutdown.on('web seed probes', () => webSeedList.close())
  return { bucket, redirect: opened?.redirect, remoteSeeders, webSeed, webSeedList }
}
