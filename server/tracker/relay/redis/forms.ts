import { z } from 'zod'
import { isNodeId } from '../batch.ts'
import { COUNTS_LIFE_MS, type FarCounts, type NodeCounts, type NodeId, type NodeSummary } from '../bus.ts'

/** Changes with the form of what is in Redis: nodes of another version ignore it. */
const VERSION = 1
/** Most peers of a node in a swarm that are believed. */
const PEERS_MAX = 1_000_000
const BUSIEST_MAX = 500

const count = z.int().nonnegative()

const summarySchema = z.object({
  version: z.literal(VERSION),
  node: z.string().refine(isNodeId),
  since: count,
  complete: count,
  incomplete: count,
  tabs: count,
  classic: count,
  swarms: count,
  connections: count,
  downloaded: count,
  bytes: count,
  busiest: z.array(z.tuple([z.string().regex(/^[0-9a-f]{40}$/), count, count])).max(BUSIEST_MAX),
})

export const summaryText = (summary: NodeSummary): string =>
  JSON.stringify({ version: VERSION, ...summary, busiest: summary.busiest.slice(0, BUSIEST_MAX) })

/** What `summaryText` made; undefined for anything else. */
export function readSummary(text: string): NodeSummary | undefined {
  try {
    const parsed = summarySchema.safeParse(JSON.parse(text)).data
    if (parsed === undefined) return undefined
    const { version: _, ...summary } = parsed
    return summary
  } catch {
    return undefined
  }
}

/** `stamp` in seconds of Redis' clock. */
export const countsText = (
  { complete, hasSeed, incomplete, leechers, seeds }: NodeCounts,
  stamp: number,
): string => [VERSION, seeds, leechers, complete, incomplete, Number(hasSeed), stamp].join(' ')

/** A node and its counts, of a field that `countsText` made; undefined for anything else. */
export function readCounts(
  node: string,
  text: string,
  now: number,
): readonly [NodeId, FarCounts] | undefined {
  const numbers = /^(\d{1,15} ){6}\d{1,15}$/.test(text) ? text.split(' ').map(Number) : []
  const [version, seeds = 0, leechers = 0, complete = 0, incomplete = 0, hasSeed = 0, stamp = 0] = numbers
  if (version !== VERSION || !isNodeId(node)) return undefined
  if (Math.max(seeds, leechers, complete, incomplete) > PEERS_MAX) return undefined
  const age = Math.max(0, now - stamp) * 1000
  return age > COUNTS_LIFE_MS
    ? undefined
    : [node, { seeds, leechers, complete, incomplete, hasSeed: hasSeed > 0, age }]
}
