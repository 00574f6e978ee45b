import type { Rate } from '../base/rate-limiter.ts'

/** Limits that no client in good faith reaches; docs/tracker.md lists them. */
export interface Limits {
  /** Off for load tests only. */
  readonly on: boolean
  /** Which scrapes are answered: none, those that name info hashes, or also those of all swarms. */
  readonly scrape: 'none' | 'specific' | 'all'
}

/** A page with 200 shares announces them all at once on its one connection, and again with offers where others are. */
export const ANNOUNCES_OF_CONNECTION: Rate = { burst: 450, everyMs: 200 }
/** From one address (IPv6: one /64), over all its connections, HTTP and UDP. */
export const ANNOUNCES_OF_ADDRESS: Rate = { burst: 1000, everyMs: 50 }
export const SOCKETS_PER_ADDRESS = 64
/** Most peers of one address in one swarm: people behind one router, or a publisher's own machines. */
export const PEERS_OF_ADDRESS = 100
/** Most swarms of one connection; a page has one connection for all its shares. */
export const SWARMS_TAB_MAX = 200
/** The same for our own seeder. */
export const SWARMS_SEEDER_MAX = 20_000
/** Refusals in a row for exceeding the limit before the connection is closed. */
export const OVER_LIMIT_MAX = 50
