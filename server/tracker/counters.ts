import type { Refusal } from './refusals.ts'

export type Transport = 'websocket' | 'http' | 'udp'

/** What happened since the start of this process. Only ever grows. */
export class Counters {
  readonly announces: Record<Transport, number> = { websocket: 0, http: 0, udp: 0 }
  readonly scrapes: Record<Transport, number> = { websocket: 0, http: 0, udp: 0 }
  readonly refusals: Partial<Record<Refusal, number>> = {}
  /** Offers and answers that were passed on. */
  offers = 0
  answers = 0
  /** WebSockets that were opened. */
  connections = 0
  /** Peers that completed a share, and bytes that peers said they fetched; those of shares that are gone stay in. */
  completed = 0
  bytes = 0

  refused(reason: Refusal): void {
    this.refusals[reason] = (this.refusals[reason] ?? 0) + 1
  }
}
