import type { AddressUse } from '../address-uses.ts'
import type { Counters, Transport } from '../counters.ts'
import type { Limits } from '../limits.ts'
import type { Refusal } from '../refusals.ts'
import type { ClassicPeer, Id, Swarm } from '../swarms/swarm.ts'
import type { Report, SwarmCounts, Swarms } from '../swarms/swarms.ts'

/** A checked announce of a classic client, whatever it came over. */
export interface ClassicAnnounce {
  readonly infoHash: Id
  readonly peerId: Id
  readonly use: AddressUse
  /** Address and port, as in peer lists; the address is never what the client says of itself. */
  readonly compact: string
  readonly report: Report
  /** Peers it wants; undefined or negative for as many as we like. */
  readonly numwant: number | undefined
}

/** Compact peers, and how the swarm is. */
export interface ClassicAnswer extends SwarmCounts {
  /** Seconds. */
  readonly interval: number
  readonly ipv4: readonly string[]
  readonly ipv6: readonly string[]
}

interface ClassicOptions {
  readonly swarms: Swarms
  readonly counters: Counters
  readonly limits: Limits
  readonly now: () => number
  /** Seconds until a classic client should announce again. */
  readonly interval: () => number
}

const NUMWANT_DEFAULT = 50
const NUMWANT_MAX = 200

/** Clients that are reached at an address: what HTTP and UDP announces have in common. */
export class ClassicPeers {
  readonly counters: Counters
  readonly #options: ClassicOptions

  constructor(options: ClassicOptions) {
    this.#options = options
    this.counters = options.counters
  }

  get mayScrapeAll(): boolean {
    return this.#options.limits.scrape === 'all'
  }

  announce(transport: Transport, announce: ClassicAnnounce): ClassicAnswer | Refusal {
    const { interval, swarms } = this.#options
    this.counters.announces[transport] += 1
    const { compact, infoHash, peerId, report, use } = announce
    const refusal = this.#overLimit(use) ?? swarms.refusal(infoHash)
    if (refusal !== undefined) return this.#refuse(refusal)
    const swarm = swarms.announceClassic(infoHash, peerId, compact, report)
    if (typeof swarm === 'string') return this.#refuse(swarm)
    const peer = swarm?.classic.get(compact)
    const wanted = announce.numwant === undefined || announce.numwant < 0 ? NUMWANT_DEFAULT : announce.numwant
    const count = report.event === 'stopped' ? 0 : Math.min(wanted, NUMWANT_MAX)
    return {
      ...swarms.counts(infoHash),
      interval: interval(),
      ipv4: compactPeers(swarm?.ipv4, count, peer),
      ipv6: compactPeers(swarm?.ipv6, count, peer),
    }
  }

  /** Counts by info hash; zeros for those nobody is in. */
  scrape(
    transport: Transport,
    infoHashes: readonly Id[] | 'all',
    use: AddressUse,
  ): ReadonlyMap<Id, SwarmCounts> | Refusal {
    const { limits, swarms } = this.#options
    this.counters.scrapes[transport] += 1
    const refusal = limits.scrape === 'none' ? 'scrape_off' : this.#overLimit(use)
    if (refusal !== undefined) return this.#refuse(refusal)
    const asked = infoHashes === 'all' ? openHashes(swarms) : infoHashes
    return new Map(asked.map(infoHash => [infoHash, swarms.counts(infoHash)]))
  }

  #overLimit(use: AddressUse): Refusal | undefined {
    const { limits, now } = this.#options
    if (!limits.on || use.isOwn) return undefined
    return use.announces.take(now()) ? undefined : 'too_many_announces'
  }

  #refuse(reason: Refusal): Refusal {
    this.counters.refused(reason)
    return reason
  }
}

function openHashes(swarms: Swarms): Id[] {
  return [...swarms.all()].map(({ infoHash }) => infoHash).filter(infoHash => !swarms.isHidden(infoHash))
}

function compactPeers(
  list: Swarm['ipv4'] | undefined,
  count: number,
  asking: ClassicPeer | undefined,
): string[] {
  return list === undefined || asking === undefined ? [] : list.draw(count, asking).map(peer => peer.compact)
}
