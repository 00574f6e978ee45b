import type { AddressQuota } from '../address-quotas.ts'
import type { Counters, Transport } from '../counters.ts'
import type { Limits } from '../limits.ts'
import type { Refusal } from '../refusals.ts'
import type { ClassicPeer, Swarm } from '../swarms/swarm.ts'
import type { Report, SwarmCounts, Swarms } from '../swarms/swarms.ts'
import type { UnknownShares } from '../unknown-shares.ts'
import type { Id } from '../wire-text.ts'

/** A checked announce of a classic client, over HTTP or UDP. */
export interface ClassicAnnounce {
  readonly infoHash: Id
  readonly peerId: Id
  readonly quota: AddressQuota
  /**
   * Address and port as in peer lists (BEP 23, BEP 7); never an address that the client claims. Null when it names no port:
   * it gets peers, but nobody can reach it.
   */
  readonly compact: string | null
  readonly report: Report
  /** Most peers it wants; undefined or negative for our default. */
  readonly numwant: number | undefined
}

/** Answer to a classic announce: counts of the swarm and compact peers. */
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
  /** Left out where there is one node only. */
  readonly unknown?: UnknownShares | undefined
  /** Seconds until a classic client should announce again. */
  readonly interval: () => number
}

const NUMWANT_DEFAULT = 50
const NUMWANT_MAX = 200

/** What announces and scrapes over HTTP and UDP have in common: limits, counters, and peers that are reached at an address. */
export class ClassicPeers {
  readonly counters: Counters
  readonly #options: ClassicOptions

  constructor(options: ClassicOptions) {
    this.#options = options
    this.counters = options.counters
  }

  /** Whether scrapes of all swarms are answered. */
  get mayScrapeAll(): boolean {
    return this.#options.limits.scrape === 'all'
  }

  /** Resolves when an unknown info hash was looked up, with why it could not be; null: it may be announced at once. */
  lookUp(infoHash: Id): Promise<Refusal | undefined> | null {
    const { swarms, unknown } = this.#options
    return swarms.refusal(infoHash) === 'untracked' ? (unknown?.lookUp(infoHash) ?? null) : null
  }

  /** Enters, refreshes or removes a peer; its answer, or why it is refused. */
  announce(transport: Transport, announce: ClassicAnnounce): ClassicAnswer | Refusal {
    const { interval, swarms } = this.#options
    this.counters.announces[transport] += 1
    const { compact, infoHash, peerId, quota, report } = announce
    const refusal = this.#overLimit(quota) ?? swarms.refusal(infoHash)
    if (refusal !== undefined) return this.#refuse(refusal)
    const by = { countsDownloads: quota.kind !== 'seeder', peersMax: quota.peersMax }
    const swarm =
      compact === null ? swarms.find(infoHash) : swarms.announceClassic(infoHash, peerId, compact, report, by)
    if (typeof swarm === 'string') return this.#refuse(swarm)
    const peer = (compact !== null && swarm?.classic.get(compact)) || {
      seed: report.seed,
      at: -1,
      network: '',
    }
    const wanted = announce.numwant === undefined || announce.numwant < 0 ? NUMWANT_DEFAULT : announce.numwant
    const count = report.event === 'stopped' ? 0 : Math.min(wanted, NUMWANT_MAX)
    return {
      ...swarms.counts(infoHash),
      interval: interval(),
      ipv4: compactPeers(swarm?.ipv4, count, peer),
      ipv6: compactPeers(swarm?.ipv6, count, peer),
    }
  }

  /** Counts by info hash, or why they are refused; zeros for swarms without peers. `all` leaves out hidden ones. */
  scrape(
    transport: Transport,
    infoHashes: readonly Id[] | 'all',
    quota: AddressQuota,
  ): ReadonlyMap<Id, SwarmCounts> | Refusal {
    const { limits, swarms } = this.#options
    this.counters.scrapes[transport] += 1
    const refusal = limits.scrape === 'none' ? 'scrape_off' : this.#overLimit(quota)
    if (refusal !== undefined) return this.#refuse(refusal)
    const asked = infoHashes === 'all' ? listedHashes(swarms) : infoHashes
    return new Map(asked.map(infoHash => [infoHash, swarms.counts(infoHash)]))
  }

  #overLimit(quota: AddressQuota): Refusal | undefined {
    const { limits, now } = this.#options
    if (!limits.on || quota.kind === 'seeder') return undefined
    return quota.announces.take(now()) ? undefined : 'too_many_announces'
  }

  #refuse(reason: Refusal): Refusal {
    this.counters.refused(reason)
    return reason
  }
}

function listedHashes(swarms: Swarms): Id[] {
  return [...swarms.all()].map(({ infoHash }) => infoHash).filter(infoHash => !swarms.isHidden(infoHash))
}

function compactPeers(
  list: Swarm['ipv4'] | undefined,
  count: number,
  asking: Pick<ClassicPeer, 'at' | 'seed' | 'network'>,
): string[] {
  return list === undefined ? [] : list.draw(count, asking).map(peer => peer.compact)
}
