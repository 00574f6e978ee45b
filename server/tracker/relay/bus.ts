import type { Id } from '../wire-text.ts'

/**
 * A running node of the cluster: its name, a tilde, and eight letters or digits that each start makes anew, so that nothing
 * that was meant for an earlier process of that name reaches this one.
 */
export type NodeId = string

/** The name of a node, without what makes each start of it another. */
export const nodeName = (node: NodeId): string => node.slice(0, node.lastIndexOf('~'))

/** Peers of one node in one swarm. */
export interface NodeCounts {
  /** Tabs, which offers may go to. */
  readonly seeds: number
  readonly leechers: number
  /** Clients among them that are not counted as classic peers too. */
  readonly complete: number
  readonly incomplete: number
  /** Whether somebody besides the server's own seeder has all of it. */
  readonly hasSeed: boolean
}

/** Counts of another node, as they were read. */
export interface FarCounts extends NodeCounts {
  /** Milliseconds since the node wrote them. */
  readonly age: number
}

/** What a node tells of itself every few seconds. */
export interface NodeSummary {
  readonly node: NodeId
  /** When it started, in milliseconds of Unix time. */
  readonly since: number
  /** Sums over all its swarms, as `TrackerStats` has them. */
  readonly complete: number
  readonly incomplete: number
  readonly tabs: number
  readonly classic: number
  /** Those that no node with a lesser id is in: they add up to the swarms of the cluster. */
  readonly swarms: number
  readonly connections: number
  readonly downloaded: number
  readonly bytes: number
  /** Its listed swarms with the most clients: info hash in hex digits, seeds, others. */
  readonly busiest: readonly (readonly [infoHash: string, complete: number, incomplete: number])[]
}

/** Classic peers of one swarm that all nodes share, and how many there are. */
export interface SharedClassic {
  readonly complete: number
  readonly incomplete: number
  /** Some at random; see `ClassicPeer.compact`. */
  readonly seeds: readonly string[]
  readonly others: readonly string[]
}

/** A classic peer as it is shared. */
export interface ClassicEntry {
  readonly infoHash: Id
  readonly compact: string
  readonly seed: boolean
}

export interface BusHandlers {
  /** Another node sent this. It is not checked at all. */
  readonly onMessage: (batch: Buffer) => void
  /** `isUp` changed. */
  readonly onUp: () => void
  readonly onDown: () => void
}

/**
 * What the nodes of a cluster have in common: counts, classic peers, and a channel to each node. Nothing is queued while it is
 * down: every promise then rejects at once. What comes from it is checked for its form, as a stranger's message is.
 */
export interface Bus {
  /** This node. */
  readonly node: NodeId
  readonly isUp: boolean
  /** Begins; call once. */
  listen(handlers: BusHandlers): void
  /** Tells that this node is alive, for 15 s; resolves to all others that are. */
  beat(own: NodeSummary): Promise<readonly NodeSummary[]>
  /** Writes this node's counts of swarms, for 180 s; null removes them. */
  write(counts: ReadonlyMap<Id, NodeCounts | null>): Promise<void>
  /** Counts of other nodes in a swarm, none older than 180 s. */
  read(infoHash: Id): Promise<ReadonlyMap<NodeId, FarCounts>>
  /** Sends to a node; whether it received that. */
  send(node: NodeId, batch: Buffer): Promise<boolean>
  /** Enters or refreshes a classic peer, for 25 minutes. */
  enterClassic(entry: ClassicEntry): Promise<void>
  leaveClassic(entry: Pick<ClassicEntry, 'infoHash' | 'compact'>): Promise<void>
  /** Up to `count` seeds and as many others at random. */
  drawClassic(infoHash: Id, count: number): Promise<SharedClassic>
  /** Tells that this node is gone, and ends. Never rejects. */
  close(): Promise<void>
}

/** A bus, and what the nodes on it know together. */
export interface SharedBus {
  readonly bus: Bus
  /** The same secret on all nodes for the same `purpose`; undefined until the bus was up once. */
  secretFor(purpose: string): Buffer | undefined
}

/** How long what a node said is valid, in milliseconds. */
export const BEAT_LIFE_MS = 15_000
export const COUNTS_LIFE_MS = 180_000
/** As long as a node itself keeps them. */
export const CLASSIC_LIFE_MS = 25 * 60_000
