import { join } from 'node:path'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { startStep } from '../base/start-error.ts'
import { Cluster } from '../cluster/cluster.ts'
import { Monitor } from '../monitor/monitor.ts'
import { Publishers } from '../publishers/publishers.ts'
import { EndedShares } from '../shares/expiry/ended-shares.ts'
import { Shares } from '../shares/shares.ts'
import { openRedis } from '../tracker/relay/redis/open.ts'
import { openExpiries } from './expiries.ts'
import type { Foundation } from './foundation.ts'
import type { Holders } from './holders.ts'
import { admissionOf, usageIn } from './published-shares.ts'
import { openTakedown } from './takedown.ts'

/** See `openRegistry`. */
export type Registry = Awaited<ReturnType<typeof openRegistry>>

/** The published shares, what operators and time do to them, and the other nodes that have the same. Errors: `StartError`. */
export async function openRegistry(foundation: Foundation, holders: Holders) {
  const { config, late, log, metainfo, metrics, readiness, reading, shareStore, shutdown } = foundation
  const { shared, stores, tracker } = foundation
  const { bucket, webSeed, webSeedList } = holders
  const { shareCache } = late
  const monitor = new Monitor({
    show: config.status,
    tracker,
    shares: shareStore,
    history: stores.history,
    shareCache,
  })
  const takedown = await reading(() => openTakedown({ ...foundation, shares: () => shares }))
  shutdown.on('retention', () => takedown.retention.close())
  const ended = await reading(() => EndedShares.open(stores.endings))
  const admission = admissionOf({ tracker, monitor, webSeed, bucket, shareCache })
  const shares: Shares = await reading(() =>
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
  const lookAtCopies = async (some: readonly InfoHash[]) => shareCache()?.lookAgain(some)
  const nodeParts = { config, shares: shareStore, ...takedown, ended, admission, tracker, log }
  const cluster = shared && (await Cluster.join({ ...nodeParts, stores: shared, lookAtCopies }))
  late.joined(cluster)
  shutdown.on('cluster', () => cluster?.close())
  const redis = await startStep('cannot join other servers (TABSEED_REDIS)', () =>
    openRedis({ ...config, node: cluster?.node ?? config.node, clusterId: shared?.clusterId, log }),
  )
  if (redis !== null) tracker.join(redis)
  metrics?.watch({ tracker, bucket, readiness, shareCache, webSeedBytes: () => webSeed.sent })
  const publishers = new Publishers({ store: stores.tokens, usageOf: usageIn(stores.shares, shareCache) })
  const { close, ...expiries } = openExpiries({
    ...{ bucket, config, stores, tracker, shares, ended, webSeedList, cluster, shareCache, log },
  })
  shutdown.on('expiry', close)
  shutdown.on('presence', () => expiries.presences.close())
  await startStep('cannot read the state of the tracker', async () =>
    tracker.keepState(join(config.data, 'tracker.json')),
  )
  return { ...takedown, ...expiries, cluster, ended, monitor, publishers, shares }
}
