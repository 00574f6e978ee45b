import type { Status } from '../../lib/protocol/status.ts'
import type { InfoHash } from '../../lib/torrent/ids.ts'
import { type NodeSummary, nodeName } from '../tracker/relay/bus.ts'
import type { SwarmStats } from '../tracker/swarms/stats.ts'

/** What the status shows of a swarm. */
export type SwarmNumbers = Pick<SwarmStats, 'infoHash' | 'complete' | 'incomplete' | 'downloaded' | 'bytes'>

const SUMMED = ['complete', 'incomplete', 'tabs', 'classic', 'swarms', 'downloaded', 'bytes'] as const

/** Totals of all nodes. A classic client that announces to several of them is counted by each. */
export function sumOf(nodes: readonly NodeSummary[]): Record<(typeof SUMMED)[number], number> {
  const sums = { complete: 0, incomplete: 0, tabs: 0, classic: 0, swarms: 0, downloaded: 0, bytes: 0 }
  for (const node of nodes) {
    for (const key of SUMMED) sums[key] = Math.min(Number.MAX_SAFE_INTEGER, sums[key] + node[key])
  }
  return sums
}

/** A node as the status names it. */
export function nodeStatus({ complete, connections, incomplete, node, since }: NodeSummary) {
  return {
    name: nodeName(node),
    since: new Date(since).toISOString(),
    connections,
    complete,
    downloading: incomplete,
  } satisfies NonNullable<Status['nodes']>[number]
}

/** Adds the busiest swarms of other nodes to those of this one. */
export function addBusiest(swarms: Map<InfoHash, SwarmNumbers>, others: readonly NodeSummary[]): void {
  for (const { busiest } of others) {
    for (const [hash, complete, incomplete] of busiest) {
      const infoHash = hash as InfoHash
      const { bytes = 0, downloaded = 0, ...known } = swarms.get(infoHash) ?? { complete: 0, incomplete: 0 }
      swarms.set(infoHash, {
        infoHash,
        complete: known.complete + complete,
        incomplete: known.incomplete + incomplete,
        downloaded,
        bytes,
      })
    }
  }
}
