import type { InfoHash } from '../../../lib/torrent/ids.ts'
import type { Counters } from '../counters.ts'
import type { Id } from './swarm.ts'
import type { Swarms } from './swarms.ts'

/** How a swarm is now, and what became of it until now. */
export interface SwarmSnapshot {
  readonly infoHash: InfoHash
  /** Not listed: not to be named to people who do not have its link. */
  readonly hidden: boolean
  /** Clients by state: seeds, and those that still fetch. */
  readonly complete: number
  readonly incomplete: number
  /** Peers by how they are reached; a client may be one of each. */
  readonly tabs: number
  readonly classic: number
  /** Peers that completed it, and bytes that they say they fetched, restarts included. */
  readonly downloaded: number
  readonly bytes: number
}

/** The whole tracker in numbers. */
export interface TrackerSnapshot extends Omit<SwarmSnapshot, 'infoHash' | 'hidden'> {
  readonly swarms: number
  readonly connections: number
  /** Since this process started. */
  readonly counters: Counters
}

/** Swarms with peers, and those that ended with something to show for it. Takes time linear in their number. */
export function* swarmSnapshots(swarms: Swarms): Generator<SwarmSnapshot> {
  for (const { infoHash } of swarms.all()) yield snapshotOf(swarms, infoHash)
  for (const infoHash of swarms.totals().keys()) {
    if (swarms.find(infoHash) === undefined) yield snapshotOf(swarms, infoHash)
  }
}

/** One swarm; undefined when nobody is or was in it. */
export function swarmSnapshot(swarms: Swarms, infoHash: Id): SwarmSnapshot | undefined {
  const isThere = swarms.find(infoHash) !== undefined || swarms.totals().has(infoHash)
  return isThere ? snapshotOf(swarms, infoHash) : undefined
}

function snapshotOf(swarms: Swarms, infoHash: Id): SwarmSnapshot {
  const swarm = swarms.find(infoHash)
  const totals = swarms.totals().get(infoHash)
  return {
    infoHash: hex(infoHash),
    hidden: swarms.isHidden(infoHash),
    complete: swarm?.complete ?? 0,
    incomplete: swarm?.incomplete ?? 0,
    tabs: swarm?.tabs.size ?? 0,
    classic: swarm?.classic.size ?? 0,
    downloaded: totals?.completed ?? 0,
    bytes: totals?.bytes ?? 0,
  }
}

/** Sums over all swarms. Takes time linear in their number, 10 ms for 100,000. */
export function trackerSnapshot(swarms: Swarms, counters: Counters, connections: number): TrackerSnapshot {
  const sum = { complete: 0, incomplete: 0, tabs: 0, classic: 0, downloaded: 0, bytes: 0 }
  for (const { classic, complete, incomplete, tabs } of swarms.all()) {
    sum.complete += complete
    sum.incomplete += incomplete
    sum.tabs += tabs.size
    sum.classic += classic.size
  }
  for (const { bytes, completed } of swarms.totals().values()) {
    sum.downloaded += completed
    sum.bytes = Math.min(Number.MAX_SAFE_INTEGER, sum.bytes + bytes)
  }
  return { ...sum, swarms: swarms.size, connections, counters }
}

/** The 20 bytes of an info hash as the rest of the server writes it. */
const hex = (id: Id): InfoHash => Buffer.from(id, 'latin1').toString('hex') as InfoHash
