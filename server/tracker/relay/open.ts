import type { Counters } from '../counters.ts'
import { allSwarmStats, trackerStats } from '../swarms/stats.ts'
import type { Swarms } from '../swarms/swarms.ts'
import type { Bus, NodeSummary } from './bus.ts'
import { ClusterRelay } from './cluster-relay.ts'
import type { Relay } from './relay.ts'

/** Swarms that a node names to the others. */
const BUSIEST_MAX = 100

interface Parts {
  readonly swarms: Swarms
  readonly counters: Counters
  /** Open WebSockets. */
  readonly connections: () => number
  /** Other nodes are reached, for the first time or again. */
  readonly onUp: () => void
}

/** The relay of a running node. */
export function openRelay(bus: Bus, { connections, counters, onUp, swarms }: Parts): Relay {
  const since = Date.now()
  const summary = (): Omit<NodeSummary, 'node' | 'swarms'> => {
    const { bytes, classic, complete, downloaded, incomplete, tabs } = trackerStats(swarms, counters, 0)
    return {
      since,
      connections: connections(),
      ...{ bytes, classic, complete, downloaded, incomplete, tabs },
      busiest: busiest(swarms),
    }
  }
  const after = (ms: number, step: () => void) => {
    setTimeout(step, ms).unref()
  }
  return new ClusterRelay({
    bus,
    swarms,
    counters,
    summary,
    onUp,
    timing: { now: () => Math.floor(performance.now()), clock: Date.now, after },
  })
}

/** Listed swarms with clients here, the largest first. */
function busiest(swarms: Swarms): NodeSummary['busiest'] {
  const clients = ({ complete, incomplete }: { complete: number; incomplete: number }) =>
    complete + incomplete
  return [...allSwarmStats(swarms)]
    .filter(swarm => !swarm.hidden && clients(swarm) > 0)
    .sort((a, b) => clients(b) - clients(a))
    .slice(0, BUSIEST_MAX)
    .map(({ complete, incomplete, infoHash }) => [infoHash, complete, incomplete])
}
