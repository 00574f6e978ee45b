import type { Rate } from '../base/rate-limiter.ts'

/** Bounds that no client of good faith meets; docs/tracker.md lists them. */
export interface Limits {
  /** Off for load tests only. */
  readonly on: boolean
  /** Whom counts are told: nobody, who names info hashes, or also who asks for everything. */
  readonly scrape: 'none' | 'specific' | 'all'
}

/** A page with 200 shares announces them all at once on its one connection. */
export const ANNOUNCES_OF_CONNECTION: Rate = { burst: 250, everyMs: 200 }
/** From one address (IPv6: one /64), over all its connections and without one. */
export const ANNOUNCES_OF_ADDRESS: Rate = { burst: 1000, everyMs: 50 }
export const SOCKETS_PER_ADDRESS = 64
/** Swarms one connection may be in; a page has one connection for all its shares. */
export const SWARMS_TAB_MAX = 200
/** The same for our own seeder. */
export const SWARMS_OWN_MAX = 20_000
/** Refusals for being over the limit, one after the other, before the connection is closed. */
export const OVER_LIMIT_MAX = 50
