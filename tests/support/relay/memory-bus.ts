import {
  BEAT_LIFE_MS,
  type Bus,
  type BusHandlers,
  CLASSIC_LIFE_MS,
  type ClassicEntry,
  COUNTS_LIFE_MS,
  type FarCounts,
  type NodeCounts,
  type NodeId,
  type NodeSummary,
  type SharedClassic,
} from '../../../server/tracker/relay/bus.ts'
import type { Timing } from '../../../server/tracker/relay/timing.ts'
import type { Id } from '../../../server/tracker/wire-text.ts'

/** What the buses of a test have in common. */
export class MemoryHub {
  readonly timing: Timing
  /** Milliseconds that a step takes on its way there, and on its way back. */
  readonly latency: () => number
  /** Whether a batch is lost after its sender was told that it was received. */
  readonly isLost: () => boolean
  readonly buses = new Map<NodeId, MemoryBus>()
  readonly counts = new Map<Id, Map<NodeId, { readonly counts: NodeCounts; readonly at: number }>>()
  readonly summaries = new Map<NodeId, { readonly summary: NodeSummary; readonly at: number }>()
  readonly classic = new Map<Id, Map<string, { readonly seed: boolean; readonly until: number }>>()

  constructor(options: {
    readonly timing: Timing
    readonly latency?: () => number
    readonly isLost?: () => boolean
  }) {
    this.timing = options.timing
    this.latency = options.latency ?? (() => 0)
    this.isLost = options.isLost ?? (() => false)
  }

  open(node: NodeId): MemoryBus {
    return new MemoryBus(this, node)
  }
}

/** A bus within one process. */
export class MemoryBus implements Bus {
  readonly node: NodeId
  readonly #hub: MemoryHub
  #handlers: BusHandlers | null = null
  #isUp = true

  constructor(hub: MemoryHub, node: NodeId) {
    this.#hub = hub
    this.node = node
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** Cuts this node off, as a network does. */
  cut(): void {
    if (!this.#isUp) return
    this.#isUp = false
    this.#handlers?.onDown()
  }

  mend(): void {
    if (this.#isUp) return
    this.#isUp = true
    this.#handlers?.onUp()
  }

  /** As a process that is killed. */
  kill(): void {
    this.#isUp = false
    this.#handlers = null
    this.#hub.buses.delete(this.node)
  }

  listen(handlers: BusHandlers): void {
    this.#handlers = handlers
    this.#hub.buses.set(this.node, this)
  }

  beat(own: NodeSummary): Promise<readonly NodeSummary[]> {
    return this.#step(() => {
      const { summaries, timing } = this.#hub
      summaries.set(this.node, { summary: own, at: timing.now() })
      return [...summaries.values()]
        .filter(({ at, summary }) => summary.node !== this.node && timing.now() - at < BEAT_LIFE_MS)
        .map(({ summary }) => summary)
    })
  }

  write(counts: ReadonlyMap<Id, NodeCounts | null>): Promise<void> {
    return this.#step(() => {
      for (const [infoHash, own] of counts) {
        const nodes = this.#hub.counts.get(infoHash) ?? new Map()
        this.#hub.counts.set(infoHash, nodes)
        if (own === null) nodes.delete(this.node)
        else nodes.set(this.node, { counts: own, at: this.#hub.timing.now() })
      }
    })
  }

  read(infoHash: Id): Promise<ReadonlyMap<NodeId, FarCounts>> {
    return this.#step(() => {
      const found = new Map<NodeId, FarCounts>()
      for (const [node, { at, counts }] of this.#hub.counts.get(infoHash) ?? []) {
        const age = this.#hub.timing.now() - at
        if (node !== this.node && age < COUNTS_LIFE_MS) found.set(node, { ...counts, age })
      }
      return found
    })
  }

  send(node: NodeId, batch: Buffer): Promise<boolean> {
    return this.#step(() => {
      const to = this.#hub.buses.get(node)
      if (to === undefined || !to.isUp) return false
      const copy = Buffer.from(batch)
      if (!this.#hub.isLost()) this.#hub.timing.after(this.#hub.latency(), () => to.#receive(copy))
      return true
    })
  }

  enterClassic({ compact, infoHash, seed }: ClassicEntry): Promise<void> {
    return this.#step(() => {
      const peers = this.#hub.classic.get(infoHash) ?? new Map()
      this.#hub.classic.set(infoHash, peers)
      peers.set(compact, { seed, until: this.#hub.timing.now() + CLASSIC_LIFE_MS })
    })
  }

  leaveClassic({ compact, infoHash }: Pick<ClassicEntry, 'infoHash' | 'compact'>): Promise<void> {
    return this.#step(() => {
      this.#hub.classic.get(infoHash)?.delete(compact)
    })
  }

  drawClassic(infoHash: Id, count: number): Promise<SharedClassic> {
    return this.#step(() => {
      const peers = [...(this.#hub.classic.get(infoHash) ?? [])]
      const seeds = peers.filter(([, { seed }]) => seed).map(([compact]) => compact)
      const others = peers.filter(([, { seed }]) => !seed).map(([compact]) => compact)
      return {
        complete: seeds.length,
        incomplete: others.length,
        seeds: seeds.slice(0, count),
        others: others.slice(0, count),
      }
    })
  }

  async close(): Promise<void> {
    if (this.#isUp) this.#hub.summaries.delete(this.node)
    this.kill()
  }

  #receive(batch: Buffer): void {
    if (this.#isUp) this.#handlers?.onMessage(batch)
  }

  /** Rejects when this node is cut off before the step is done. */
  #step<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const { latency, timing } = this.#hub
      if (!this.#isUp) reject(new Error('cut off'))
      else {
        timing.after(latency(), () => {
          if (!this.#isUp) {
            reject(new Error('cut off'))
            return
          }
          const result = work()
          timing.after(latency(), () => (this.#isUp ? resolve(result) : reject(new Error('cut off'))))
        })
      }
    })
  }
}
