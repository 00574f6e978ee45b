import { createLog } from '../../server/base/log.ts'
import { Access } from '../../server/tracker/access.ts'
import { AddressQuota } from '../../server/tracker/address-quotas.ts'
import { Counters } from '../../server/tracker/counters.ts'
import { openRelay } from '../../server/tracker/relay/open.ts'
import { openRedis } from '../../server/tracker/relay/redis/open.ts'
import type { Relay } from '../../server/tracker/relay/relay.ts'
import { Swarms } from '../../server/tracker/swarms/swarms.ts'
import { Tab } from '../../server/tracker/tabs/tab.ts'

/** A tracker without sockets. */
export interface Node {
  readonly relay: Relay | null
  /** A client's connection; `send` gets what the tracker says to it. */
  readonly open: (send: (text: string) => void) => Tab
}

const log = createLog('silent')
const now = () => Math.floor(performance.now())

/** A node of a cluster, or with `redis` undefined a server that is alone. */
export async function openNode(redis: string | undefined, name: string): Promise<Node> {
  const counters = new Counters()
  const swarms = new Swarms({ access: new Access('open'), counters, now, limited: true })
  const cluster = await openRedis({ redis, node: name, clusterId: undefined, log })
  const relay =
    cluster && openRelay(cluster.bus, { swarms, counters, connections: () => 0, onUp: () => undefined })
  if (relay !== null) swarms.onChanged = swarm => relay.changed(swarm)
  const onError = (reason: unknown) => {
    throw reason
  }
  const limits = { on: false, scrape: 'specific' as const }
  const context = {
    ...{ swarms, counters, limits, relay, now, onError },
    interval: () => 120,
    onAnnounced: undefined,
  }
  const quota = new AddressQuota()
  const open = (send: (text: string) => void) =>
    new Tab({ send, refuse: () => undefined, probe: () => undefined }, context, quota)
  return { relay, open }
}
