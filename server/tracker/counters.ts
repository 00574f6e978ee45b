import type { Refusal } from './refusals.ts'

export type Transport = 'websocket' | 'http' | 'udp'

/** Counts since the start of this process; they only grow. */
export class Counters {
  readonly #onRefused: ((reason: Refusal) => void) | undefined
  readonly announces: Record<Transport, number> = { websocket: 0, http: 0, udp: 0 }
  readonly scrapes: Record<Transport, number> = { websocket: 0, http: 0, udp: 0 }
  readonly refusals: Partial<Record<Refusal, number>> = {}
  /** Offers and answers that were relayed. */
  offers = 0
  answers = 0
  /** WebSockets that were opened. */
  connections = 0
  /** Peers that completed a share, and bytes that peers say they downloaded, deleted shares included. */
  completed = 0
  bytes = 0

  constructor(onRefused?: (reason: Refusal) => void) {
    this.#onRefused = onRefused
  }

  refused(reason: Refusal): void {
    this.#onRefused?.(reason)
    this.refusals[reason] = (this.refusals[reason] ?? 0) + 1
  }
}
