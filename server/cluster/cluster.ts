import type { InfoHash } from '../../lib/torrent/ids.ts'
import type { Log } from '../base/log.ts'
import { startStep } from '../base/start-error.ts'
import type { Config } from '../config/config.ts'
import { buildId } from '../pages/build.ts'
import type { Sample } from '../shares/history-store.ts'
import { type LookAgainOptions, lookAgain } from '../shares/postgres/look-again.ts'
import type { ClusterStores } from '../shares/postgres/open.ts'
import type { ClusterSession } from '../shares/postgres/session.ts'
import type { Reports } from '../shares/takedown/reports.ts'
import type { Tracker } from '../tracker/tracker.ts'

interface ClusterParts extends Omit<LookAgainOptions, 'takedown' | 'endings' | 'tracked'> {
  readonly config: Config
  readonly stores: ClusterStores
  readonly tracker: Tracker
  readonly reports: Reports
  /** Takes over what changed of copies that seeders hold. Errors: the database's. */
  readonly lookAtCopies: (infoHashes: readonly InfoHash[]) => Promise<void>
  readonly log: Log
}

/** How often what changed is read from the database, because a notification may be lost. */
const READ_MS = 10_000
/** A change is visible when its transaction ends, with the time at which it was made. */
const OVERLAP_MS = 60_000
/** Everything was read from the database within this time before. */
const STARTED_MS = 600_000
/** How often counts of swarms are written. */
const COUNT_MS = 30_000
/** Info hashes that are looked at together. */
const BATCH = 500

/** This server as one of several with the same database. */
export class Cluster {
  readonly #parts: ClusterParts
  #session: ClusterSession | null = null
  /** The name of this node. */
  node = ''
  #timers: readonly NodeJS.Timeout[] = []
  /** Milliseconds of the database's clock: what changed before is known. */
  #readUntil = 0
  /** What was looked at within the overlap, and the time of its change. */
  #seen: ReadonlyMap<InfoHash, number> = new Map()
  /** Counts that were written last, as text. */
  #written = new Map<InfoHash, string>()

  private constructor(parts: ClusterParts) {
    this.#parts = parts
  }

  /** Joins: from now on changes of other nodes are taken over. Errors: `StartError`. */
  static async join(parts: ClusterParts): Promise<Cluster> {
    const cluster = new Cluster(parts)
    try {
      await startStep('cannot join the cluster (TABSEED_DATABASE)', () => cluster.#join())
    } catch (reason) {
      await cluster.close()
      throw reason
    }
    return cluster
  }

  async #join(): Promise<void> {
    const { config, log, stores } = this.#parts
    const { node, session } = await stores.join(config, {
      build: buildId(),
      onChanged: infoHashes => (infoHashes === null ? this.#read() : this.#look(infoHashes)),
      log,
    })
    this.#session = session
    this.node = node
    const { at } = await stores.cluster.changes(Number.MAX_SAFE_INTEGER)
    this.#readUntil = at - STARTED_MS
    await this.#read()
    const every = (ms: number, what: string, work: () => Promise<unknown>) =>
      setInterval(() => work().catch(reason => log.warn({ err: reason }, what)), ms)
    this.#timers = [
      every(READ_MS, 'changes of other nodes not read', () => this.#regular()),
      every(COUNT_MS, 'counts of swarms not written', () => this.#writeCounts()),
    ]
    log.info({ node }, 'one of the nodes of this database')
  }

  /** Whether this node does what one of all does. */
  readonly leads = (): boolean => this.#session?.leads ?? false

  /** Looks at a share that another node may have published a moment ago. Errors: `database_away`. */
  find(infoHash: InfoHash): Promise<void> {
    return this.#look([infoHash])
  }

  /** Completed downloads over all nodes. */
  downloadsOf(infoHash: InfoHash): Promise<number> {
    return this.#parts.stores.cluster.completedOf(infoHash)
  }

  /** All nodes, as the database knows them. */
  async nodes() {
    const found = await this.#parts.stores.cluster.nodes()
    return found.map(({ isHere, leads, seenAt, startedAt, ...node }) => ({
      ...node,
      startedAt: startedAt.toISOString(),
      seenAt: seenAt.toISOString(),
      isHere,
      leads: isHere && leads,
    }))
  }

  /** What all nodes count; null where another node records it. */
  readonly samples = async (): Promise<readonly Sample[] | null> => {
    await this.#writeCounts()
    return this.leads() ? this.#parts.stores.cluster.counts() : null
  }

  /** Tells the others what this node counts. */
  async #writeCounts(): Promise<void> {
    const { stores, tracker } = this.#parts
    const written = new Map<InfoHash, string>()
    const changed: Sample[] = []
    for (const { bytes, complete, downloaded, incomplete, infoHash } of tracker.allSwarmStats()) {
      const counts = { complete, incomplete, completed: downloaded, bytes }
      const text = JSON.stringify(counts)
      if (this.#written.get(infoHash) !== text) changed.push({ infoHash, ...counts })
      written.set(infoHash, text)
    }
    for (const infoHash of this.#written.keys()) {
      if (!written.has(infoHash))
        changed.push({ infoHash, complete: 0, incomplete: 0, completed: 0, bytes: 0 })
    }
    await stores.cluster.putCounts(this.node, changed)
    this.#written = written
  }

  /** Leaves: another node leads within seconds. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    await this.#session?.close()
  }

  async #regular(): Promise<void> {
    await this.#read()
    await this.#parts.reports.refresh()
    if (this.leads()) await this.#parts.stores.cluster.prune()
  }

  /** Looks at all that changed since the last time. */
  async #read(): Promise<void> {
    const { at, changed } = await this.#parts.stores.cluster.changes(this.#readUntil - OVERLAP_MS)
    const fresh = [...changed].filter(([infoHash, time]) => this.#seen.get(infoHash) !== time)
    this.#seen = new Map([...changed].filter(([, time]) => time >= at - 2 * OVERLAP_MS))
    this.#readUntil = at
    await this.#look(fresh.map(([infoHash]) => infoHash))
  }

  async #look(infoHashes: readonly InfoHash[]): Promise<void> {
    const { stores, tracker } = this.#parts
    for (let first = 0; first < infoHashes.length; first += BATCH) {
      const some = infoHashes.slice(first, first + BATCH)
      const { endings, takedown } = stores
      await lookAgain({ ...this.#parts, endings, takedown, tracked: tracker }, some)
      await this.#parts.lookAtCopies(some)
    }
  }
}
