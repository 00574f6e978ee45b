import { hostname } from 'node:os'
import type { Log } from '../base/log.ts'
import { startStep } from '../base/start-error.ts'
import type { Config } from '../config/config.ts'
import { openRedis } from '../tracker/relay/redis/open.ts'
import type { Tracker } from '../tracker/tracker.ts'

interface RelayOptions extends Pick<Config, 'redis' | 'node'> {
  /** The cluster of the database; undefined where each node has its own. */
  readonly clusterId?: string | undefined
}

/** Joins the swarms of `tracker` with those of the other servers on the same Redis, if there is one. Errors: `StartError`. */
export async function joinRelay(
  { clusterId, node, redis: url }: RelayOptions,
  tracker: Tracker,
  log: Log,
): Promise<void> {
  if (url === undefined) return
  const name = node ?? (hostname().replace(/[^\w.-]/g, '-').slice(0, 64) || 'node')
  const open = () => openRedis({ url, name, clusterId, log })
  tracker.join(await startStep('cannot join other servers (TABSEED_REDIS)', open))
}
