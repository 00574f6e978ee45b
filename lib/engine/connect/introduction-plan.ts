/** Wait before the same peer is asked for again; each try doubles it. */
const AGAIN_MS = 5_000
const AGAIN_MAX_MS = 5 * 60_000

/** Of two that hear of each other, the one with the smaller id asks first; the other one only after this time. */
const LARGER_ID_WAITS_MS = 4_000

/** Decides which of the peers that others list are asked for now. Ids are hex, times milliseconds of a monotonic clock. */
export class IntroductionPlan {
  readonly #ownId: string
  readonly #listedAt = new Map<string, number>()
  readonly #tries = new Map<string, { readonly count: number; readonly nextAt: number }>()

  constructor(ownId: string) {
    this.#ownId = ownId
  }

  /** Peers of `listed` that are due, in its order; call `tried` with each that is asked for. `isConnecting`: a connection exists or is being made. */
  *due(listed: ReadonlySet<string>, isConnecting: (id: string) => boolean, now: number): Generator<string> {
    for (const map of [this.#listedAt, this.#tries]) {
      for (const id of map.keys()) if (!listed.has(id)) map.delete(id)
    }
    for (const id of listed) {
      if (id === this.#ownId || isConnecting(id)) {
        this.#listedAt.delete(id)
        continue
      }
      const listedAt = this.#listedAt.get(id) ?? now
      this.#listedAt.set(id, listedAt)
      if (this.#ownId > id && now - listedAt < LARGER_ID_WAITS_MS) continue
      if (now >= (this.#tries.get(id)?.nextAt ?? now)) yield id
    }
  }

  /** This peer is asked for now. */
  tried(id: string, now: number): void {
    const count = this.#tries.get(id)?.count ?? 0
    const wait = Math.min(AGAIN_MS * 2 ** count, AGAIN_MAX_MS)
    this.#tries.set(id, { count: count + 1, nextAt: now + wait })
  }

  /** The connection to this peer ended: it is asked for without a wait. */
  lost(id: string): void {
    this.#tries.delete(id)
  }
}
