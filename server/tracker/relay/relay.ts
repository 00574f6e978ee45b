import type { Swarm, TabPeer } from '../swarms/swarm.ts'
import type { SwarmCounts } from '../swarms/swarms.ts'
import type { SentOffer, TabAnnounce } from '../tabs/message.ts'
import type { Id } from '../wire-text.ts'
import type { ClassicEntry, NodeSummary, SharedClassic } from './bus.ts'

/** Since the start of this process; they only grow. */
export interface RelayCounters {
  /** Offers that went to other nodes, came from them, and reached nobody or were dropped. */
  readonly offers: { sent: number; received: number; lost: number }
  /** The same of answers. */
  readonly answers: { sent: number; received: number; lost: number }
  /** Offers that were drawn again, because their node was gone. */
  redrawn: number
  /** Batches and messages of other nodes that are not valid. */
  invalid: number
}

/**
 * Joins the swarms of several nodes. `Swarms` knows peers of this node only, and needs no relay: one server has none.
 * Nothing here throws or rejects: where other nodes are not reached, peers of this one meet all the same.
 */
export interface Relay {
  /** Whether other nodes are reached. */
  readonly isUp: boolean
  readonly counters: RelayCounters
  /** Calls `then` when it is known who of these swarms is on other nodes: at once if that was read lately, else within a fraction of a second. */
  whenKnown(infoHashes: readonly Id[], then: () => void): void
  /** Clients on all nodes, as far as known. */
  counts(infoHash: Id): SwarmCounts
  /** Whether somebody on another node has all of a share, as far as known; the nodes' own seeders do not count. */
  hasSeed(infoHash: Id): boolean
  /** A tab joined: broken connections of the same client on other nodes are found. */
  joined(announce: TabAnnounce): void
  /** Peers of this node joined, left or completed. */
  changed(swarm: Swarm): void
  /** Sends some of `offers` to other nodes; returns those that are left for peers of this one. */
  share(announce: TabAnnounce, peer: TabPeer, offers: readonly SentOffer[]): readonly SentOffer[]
  /** Shares a classic peer with all nodes, or takes it back. */
  enterClassic(entry: ClassicEntry): void
  leaveClassic(entry: Pick<ClassicEntry, 'infoHash' | 'compact'>): void
  /** Up to `count` seeds, and others, of all nodes; null when they cannot be read. */
  drawClassic(infoHash: Id, count: number): Promise<SharedClassic | null>
  /** What this node and the others tell of themselves, this one first. */
  nodes(): readonly NodeSummary[]
  close(): Promise<void>
}
