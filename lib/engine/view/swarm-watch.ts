import type { Swarm } from '../swarm.ts'
import type { EngineSnapshot } from './snapshot.ts'

/** People can't read faster, and a page that renders twice as often takes a tenth of the transfer's time. */
const SNAPSHOT_INTERVAL_MS = 500

/** The snapshots of all swarms of an engine, rebuilt at most twice a second, and only while there are listeners and changes. */
export class SwarmWatch {
  /** Newest first; the same object until something changes. */
  snapshot: EngineSnapshot = []
  readonly #swarms: ReadonlyMap<unknown, Swarm>
  readonly #changed = new Set<Swarm>()
  readonly #listeners = new Set<() => void>()
  #timer: ReturnType<typeof setTimeout> | null = null

  /** `swarms`: oldest first; read at each refresh. */
  constructor(swarms: ReadonlyMap<unknown, Swarm>) {
    this.#swarms = swarms
  }

  /** `listener` is called whenever `snapshot` is replaced; returns the unsubscribe. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.refresh()
    return () => this.#listeners.delete(listener)
  }

  /** As `snapshot`, but up to date where no listener keeps it so. */
  current(): EngineSnapshot {
    if (this.#listeners.size === 0 && this.#changed.size > 0) this.refresh()
    return this.snapshot
  }

  /** The next snapshot of `swarm` would differ. */
  changed(swarm: Swarm): void {
    this.#changed.add(swarm)
    if (this.#listeners.size === 0) return
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.refresh()
    }, SNAPSHOT_INTERVAL_MS)
  }

  /** Rebuild now: a swarm was added or removed. */
  refresh(): void {
    for (const swarm of this.#changed) swarm.invalidate()
    this.#changed.clear()
    const now = performance.now()
    const next = [...this.#swarms.values()].reverse().map(swarm => swarm.snapshot(now))
    const same =
      next.length === this.snapshot.length && next.every((swarm, index) => swarm === this.snapshot[index])
    if (!same) {
      this.snapshot = next
      for (const listener of this.#listeners) listener()
    }
    for (const swarm of this.#swarms.values()) if (swarm.busy) this.changed(swarm)
  }
}
