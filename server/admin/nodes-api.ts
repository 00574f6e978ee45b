import type { ClusterNodes } from '../../lib/protocol/admin.ts'
import { json, type Reply } from '../http/reply.ts'
import type { CopyStore } from '../shares/copies/copy-store.ts'
import { type NodeSummary, nodeName } from '../tracker/relay/bus.ts'
import type { Tracker } from '../tracker/tracker.ts'

/** Servers write each minute which seeders are connected to them. */
const HERE_MS = 180_000

type Node = ClusterNodes['nodes'][number]

/** What `Cluster` knows. */
interface KnownNodes {
  /** The name of this node. */
  readonly node: string
  nodes(): Promise<readonly Omit<Node, 'isThis' | 'connections' | 'clients'>[]>
}

interface Parts {
  /** Null: no other server has this database. */
  readonly cluster: KnownNodes | null
  readonly copies: Pick<CopyStore, 'seeders'>
  readonly tracker: Pick<Tracker, 'relay' | 'stats'>
}

/** `GET /api/admin/nodes`: the nodes of the cluster, and all seeders that the database knows. Errors: the database's. */
export async function getNodes({ cluster, copies, tracker }: Parts): Promise<Reply> {
  const now = Date.now()
  const seeders = (await copies.seeders()).map(({ isHere, seenAt, ...seeder }) => ({
    ...seeder,
    seenAt: seenAt.toISOString(),
    isHere: isHere && now - seenAt.getTime() < HERE_MS,
  }))
  const { relay } = tracker
  const redis = relay && (relay.isUp ? 'up' : 'away')
  const answer: ClusterNodes = { nodes: await nodesOf(cluster, tracker, now), redis, seeders }
  return json(200, answer)
}

/** What the database knows of each node, with the numbers that Redis has of it. */
async function nodesOf(cluster: Parts['cluster'], tracker: Parts['tracker'], now: number): Promise<Node[]> {
  const { complete, connections, incomplete } = tracker.stats()
  const own = { connections, clients: complete + incomplete }
  const [ownSummary, ...others] = tracker.relay?.nodes() ?? []
  // Of one that started again the latest counts; while Redis is away, what others said before does not.
  const told = new Map(
    (tracker.relay?.isUp ? others : [])
      .toSorted((a, b) => a.since - b.since)
      .map(summary => [nodeName(summary.node), summary]),
  )
  if (cluster !== null) {
    return (await cluster.nodes()).map(node => {
      const isThis = node.name === cluster.node
      const theirs = node.isHere ? told.get(node.name) : undefined
      return { ...node, isThis, ...(isThis ? own : numbersOf(theirs)) }
    })
  }
  if (ownSummary === undefined) return []
  return [
    { ...ofRedis(ownSummary, now), isThis: true, ...own },
    ...[...told.values()].map(node => ofRedis(node, now)),
  ]
}

const numbersOf = (summary: NodeSummary | undefined) => ({
  connections: summary?.connections ?? null,
  clients: summary ? summary.complete + summary.incomplete : null,
})

/** A node that has a database of its own. */
const ofRedis = (summary: NodeSummary, now: number): Node => ({
  name: nodeName(summary.node),
  build: '',
  startedAt: new Date(summary.since).toISOString(),
  seenAt: new Date(now).toISOString(),
  isHere: true,
  leads: false,
  isThis: false,
  ...numbersOf(summary),
})
