import type { Id } from '../../wire-text.ts'
import type { NodeId } from '../bus.ts'

/** Everything that Tabseed has in Redis. What belongs to one swarm has its info hash in braces, so that it is in one slot. */
export const KEYS = {
  /** The cluster's id, and a secret that its nodes share. */
  cluster: 'ts:cluster',
  secret: 'ts:secret',
  /** Ids of nodes, set. */
  nodes: 'ts:nodes',
  /** Heartbeat of a node. */
  node: (node: NodeId) => `ts:n:${node}`,
  /** What a node tells of itself, JSON. */
  summary: (node: NodeId) => `ts:o:${node}`,
  /** Counts of a swarm by node, hash. */
  counts: (infoHash: Id) => `ts:t:{${hex(infoHash)}}`,
  /** Classic seeds and others of a swarm, sorted sets of compact peers in hex digits by when they expire, in seconds of Redis' clock. */
  seeds: (infoHash: Id) => `ts:c:{${hex(infoHash)}}:s`,
  others: (infoHash: Id) => `ts:c:{${hex(infoHash)}}:l`,
  /** Channel to a node. */
  channel: (node: NodeId) => `ts:m:${node}`,
} as const

export const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex')
