import type { Swarm } from '../swarms/swarm.ts'
import type { Swarms } from '../swarms/swarms.ts'
import type { Id } from '../wire-text.ts'
import type { Bus, FarCounts, NodeCounts, NodeId } from './bus.ts'
import type { Timing } from './timing.ts'

/** Counts that were read less than this many milliseconds ago need no further reading. */
const FRESH_MS = 1_000
/** An announce waits no longer for counts. */
const WAIT_MAX_MS = 250
/** A swarm's counts are written at most once in this time, and at least once in the other, for they expire. */
const WRITE_EVERY_MS = 1_000
const REWRITE_EVERY_MS = 60_000
/** After an outage all are written over this time. */
const RECOVERY_MS = 10_000
/** So many swarms without peers here are remembered. */
const UNUSED_MAX = 10_000

type Counts = Pick<NodeCounts, 'complete' | 'incomplete'>

interface Known {
  readAt: number
  remote: ReadonlyMap<NodeId, FarCounts>
  classic: Counts | null
  /** What waits for the first reading that is still under way. */
  waiting: (() => void)[]
  isReading: boolean
}

interface Written {
  at: number
  text: string
}

interface Options {
  readonly bus: Bus
  readonly swarms: Swarms
  readonly timing: Timing
}

const NOBODY: ReadonlyMap<NodeId, FarCounts> = new Map()

/** Which nodes have how many peers of a swarm: what this node has is written to the bus, what others have is read from it. */
export class KnownSwarms {
  readonly #options: Options
  readonly #known = new Map<Id, Known>()
  /** What the bus has of this node, by when it was last written, the oldest first. */
  readonly #written = new Map<Id, Written>()
  /** Changed since, and to be written soon, or when their second is over. */
  readonly #changed = new Set<Id>()

  constructor(options: Options) {
    this.#options = options
  }

  /** See `Relay.whenKnown`. */
  whenKnown(infoHashes: readonly Id[], then: () => void): void {
    let left = infoHashes.length
    const one = () => {
      left -= 1
      if (left === 0) then()
    }
    for (const infoHash of infoHashes) this.#whenKnown(infoHash, one)
  }

  #whenKnown(infoHash: Id, then: () => void): void {
    const { bus, timing } = this.#options
    const known = this.#known.get(infoHash)
    const now = timing.now()
    if (!bus.isUp || (known !== undefined && !known.isReading && now - known.readAt < FRESH_MS)) {
      then()
      return
    }
    const reading = known ?? this.#start(infoHash)
    reading.waiting.push(then)
    if (reading.isReading) return
    reading.isReading = true
    const done = () => {
      reading.isReading = false
      const { waiting } = reading
      reading.waiting = []
      for (const step of waiting) step()
    }
    let isLate = false
    timing.after(WAIT_MAX_MS, () => {
      if (!reading.isReading || isLate) return
      isLate = true
      done()
    })
    Promise.all([bus.read(infoHash), bus.drawClassic(infoHash, 0)]).then(
      ([remote, classic]) => {
        reading.remote = remote
        reading.classic = classic
        reading.readAt = timing.now()
        if (!isLate) done()
        isLate = true
      },
      () => {
        if (!isLate) done()
        isLate = true
      },
    )
  }

  /** Other nodes with peers of the swarm, as last read. */
  remote(infoHash: Id): ReadonlyMap<NodeId, FarCounts> {
    return this.#known.get(infoHash)?.remote ?? NOBODY
  }

  /** Classic peers that are not among those of this node, as last read. */
  classicElsewhere(infoHash: Id): Counts {
    const shared = this.#known.get(infoHash)?.classic
    if (shared === undefined || shared === null) return { complete: 0, incomplete: 0 }
    const swarm = this.#options.swarms.find(infoHash)
    // The shared ones include those that announced here.
    const complete = shared.complete - (swarm?.ipv4.complete ?? 0) - (swarm?.ipv6.complete ?? 0)
    const incomplete = shared.incomplete - (swarm?.ipv4.incomplete ?? 0) - (swarm?.ipv6.incomplete ?? 0)
    return { complete: Math.max(0, complete), incomplete: Math.max(0, incomplete) }
  }

  /** A message of `node` shows that somebody of the swarm is there: counts that do not have it are older than that. */
  heardOf(infoHash: Id, node: NodeId): void {
    if (!this.remote(infoHash).has(node)) this.expire(infoHash)
  }

  /** Another node is gone. */
  forgetNode(node: NodeId): void {
    for (const known of this.#known.values()) {
      if (!known.remote.has(node)) continue
      const remote = new Map(known.remote)
      remote.delete(node)
      known.remote = remote
    }
  }

  /** The bus is gone: nobody else is reached. */
  forgetAll(): void {
    for (const [infoHash, known] of this.#known) {
      known.remote = NOBODY
      known.classic = null
      known.readAt = Number.NEGATIVE_INFINITY
      if (known.waiting.length === 0) this.#known.delete(infoHash)
    }
  }

  changed(infoHash: Id): void {
    this.#changed.add(infoHash)
  }

  /** Whoever asks next for this swarm waits until its counts are read, which is after all that was written before. */
  expire(infoHash: Id): void {
    const known = this.#known.get(infoHash)
    if (known !== undefined) known.readAt = Number.NEGATIVE_INFINITY
  }

  /** The bus is back and may have lost everything: writes all swarms anew, over 10 s. */
  writeAll(): void {
    const { swarms, timing } = this.#options
    const now = timing.now()
    const hashes = new Set([...this.#written.keys(), ...[...swarms.all()].map(({ infoHash }) => infoHash)])
    this.#written.clear()
    let index = 0
    for (const infoHash of hashes) {
      // As if it had been written so long ago that its turn comes within the time of recovery.
      const ago = REWRITE_EVERY_MS - (RECOVERY_MS * index) / hashes.size
      this.#written.set(infoHash, { at: now - ago, text: '' })
      index += 1
    }
  }

  /** Writes what is due. Call several times a second. */
  write(): void {
    const { bus, timing } = this.#options
    if (!bus.isUp) return
    const now = timing.now()
    const due = new Map<Id, NodeCounts | null>()
    for (const infoHash of this.#changed) {
      const written = this.#written.get(infoHash)
      if (written !== undefined && now - written.at < WRITE_EVERY_MS) continue
      this.#changed.delete(infoHash)
      this.#prepare(infoHash, written, due)
    }
    for (const [infoHash, written] of this.#written) {
      if (now - written.at < REWRITE_EVERY_MS) break
      written.text = ''
      this.#prepare(infoHash, written, due)
    }
    if (due.size === 0) return
    bus.write(due).catch(() => {
      for (const infoHash of due.keys()) {
        this.#changed.add(infoHash)
        const written = this.#written.get(infoHash)
        // What the bus has is not known, so that also nothing must be written.
        if (written === undefined) this.#written.set(infoHash, { at: timing.now(), text: '' })
        else written.text = ''
      }
    })
  }

  /** Forgets swarms that nobody here is in. */
  sweep(): void {
    if (this.#known.size <= UNUSED_MAX) return
    const { swarms, timing } = this.#options
    const now = timing.now()
    for (const [infoHash, { readAt, waiting }] of this.#known) {
      const isUsed = waiting.length > 0 || now - readAt < FRESH_MS || swarms.find(infoHash) !== undefined
      if (!isUsed) this.#known.delete(infoHash)
    }
  }

  #start(infoHash: Id): Known {
    const known: Known = {
      readAt: Number.NEGATIVE_INFINITY,
      remote: NOBODY,
      classic: null,
      waiting: [],
      isReading: false,
    }
    this.#known.set(infoHash, known)
    return known
  }

  #prepare(infoHash: Id, written: Written | undefined, due: Map<Id, NodeCounts | null>): void {
    const { swarms, timing } = this.#options
    const counts = countsOf(swarms.find(infoHash))
    const text = counts === null ? 'none' : JSON.stringify(counts)
    // An announce that changes nothing is no news.
    if (written?.text === text || (written === undefined && counts === null)) return
    due.set(infoHash, counts)
    this.#written.delete(infoHash)
    if (counts !== null) this.#written.set(infoHash, { at: timing.now(), text })
  }
}

/** Null when nobody of it is here as a tab. */
function countsOf(swarm: Swarm | undefined): NodeCounts | null {
  if (swarm === undefined || swarm.tabs.size === 0) return null
  const { complete, incomplete, ipv4, ipv6, tabs } = swarm
  return {
    seeds: tabs.complete,
    hasSeed: swarm.hasSeed,
    leechers: tabs.incomplete,
    // Who is here as a tab is called by others, also our own seeder, whose classic peer only this node may hand out.
    complete: Math.max(tabs.complete, complete - ipv4.complete - ipv6.complete),
    incomplete: Math.max(tabs.incomplete, incomplete - ipv4.incomplete - ipv6.incomplete),
  }
}
