/** Bounds that no client of good faith meets; docs/tracker.md lists them. */
export interface Limits {
  /** Off for load tests only. */
  readonly on: boolean
  /** Whom counts are told: nobody, who names info hashes, or also who asks for everything. */
  readonly scrape: 'none' | 'specific' | 'all'
}

/** A page with 200 shares announces them all at once on its one connection. */
export const ANNOUNCES_BURST = 250
export const ANNOUNCES_PER_SECOND = 5
/** So many times the limits of one connection may come from one address (IPv6: one /64). */
export const ADDRESS_FACTOR = 4
export const SOCKETS_PER_ADDRESS = 64
/** Swarms one connection may be in; a page has one connection for all its shares. */
export const SWARMS_TAB_MAX = 200
/** The same for our own seeder. */
export const SWARMS_OWN_MAX = 20_000
/** Refusals for being over the limit, one after the other, before the connection is closed. */
export const OVER_LIMIT_MAX = 50
