import { BLOCKED, ENDED, NOT_TRACKED } from '../../lib/protocol/announce.ts'

/** Why a request is refused: the name that counters use, and the text that clients get. */
export const REFUSALS = {
  invalid: 'invalid message',
  untracked: NOT_TRACKED,
  blocked: BLOCKED,
  ended: ENDED,
  database_away: 'this tracker cannot look that share up right now: try again in a minute',
  address: 'the proxy in front of this tracker sent no address',
  stranger: 'this connection did not announce that peer id',
  no_such_offer: 'no such offer to answer',
  other_peer_id: 'this connection is in that swarm with another peer id',
  address_full: 'too many peers of your address in this swarm',
  swarm_full: 'this swarm takes no more peers',
  tracker_full: 'this tracker takes no more swarms',
  too_many_swarms: 'too many swarms on one connection',
  too_many_announces: 'too many announces: try again in a minute',
  too_many_connections: 'too many connections from your address',
  connection_id: 'connection id not known',
  scrape_off: 'this tracker answers no scrapes',
  too_slow: 'messages were not read',
  silent: 'nothing announced',
  protocol: 'not the WebSocket protocol',
} as const

export type Refusal = keyof typeof REFUSALS

/** Those that say that there was too much. */
export const LIMIT_REFUSALS: ReadonlySet<Refusal> = new Set<Refusal>([
  'address_full',
  'swarm_full',
  'tracker_full',
  'too_many_swarms',
  'too_many_announces',
  'too_many_connections',
  'too_slow',
])
