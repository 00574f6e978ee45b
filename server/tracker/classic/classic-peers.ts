import type { AddressQuota } from '../address-quotas.ts'
import type { Counters, Transport } from '../counters.ts'
import type { Limits } from '../limits.ts'
import type { Refusal } from '../refusals.ts'
import type { Relay } from '../relay/relay.ts'
import type { ClassicPeer, Swarm } from '../swarms/swarm.ts'
import type { Report, SwarmCounts, Swarms } from '../swarms/swarms.ts'
import type { UnknownShares } from '../unknown-shares.ts'
import type { Id } from '../wire-text.ts'
import { mergePeers, shareable } from './shared-peers.ts'

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
  /** The address that clients elsewhere get for peers of this machine. */
  readonly serverAddress?: string | undefined
}

/** BEP 23, BEP 7. */
const COMPACT_V4_BYTES = 6
const COMPACT_V6_BYTES = 18
const NUMWANT_DEFAULT = 50
const NUMWANT_MAX = 200

/** What announces and scrapes over HTTP and UDP have in common: limits, counters, and peers that are reached at an address. */
export class ClassicPeers {
  readonly counters: Counters
  /** Null on a server that is alone. */
  relay: Relay | null = null
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

  /** Enters, refreshes or removes a peer; its answer, or why it is refused. With a relay, the answer has peers of all nodes. */
  announce(
    transport: Transport,
    announce: ClassicAnnounce,
  ): ClassicAnswer | Refusal | Promise<ClassicAnswer> {
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
    const here = {
      ...swarms.counts(infoHash),
      interval: interval(),
      ipv4: compactPeers(swarm?.ipv4, count, peer),
      ipv6: compactPeers(swarm?.ipv6, count, peer),
    }
    if (this.relay === null) return here
    return this.#withOthers(this.relay, announce, here, {
      count,
      isHere: compact !== null && swarm?.classic.has(compact) === true,
    })
  }

  /** Counts by info hash, or why they are refused; zeros for swarms without peers. `all` leaves out hidden ones. */
  scrape(
    transport: Transport,
    infoHashes: readonly Id[] | 'all',
    quota: AddressQuota,
  ): ReadonlyMap<Id, SwarmCounts> | Refusal | Promise<ReadonlyMap<Id, SwarmCounts>> {
    const { limits, swarms } = this.#options
    this.counters.scrapes[transport] += 1
    const refusal = limits.scrape === 'none' ? 'scrape_off' : this.#overLimit(quota)
    if (refusal !== undefined) return this.#refuse(refusal)
    const asked = infoHashes === 'all' ? listedHashes(swarms) : infoHashes
    const { relay } = this
    const counts = (of: Pick<Relay, 'counts'>) =>
      new Map(asked.map(infoHash => [infoHash, of.counts(infoHash)]))
    if (relay === null) return counts(swarms)
    return known(relay, asked).then(() => counts(relay))
  }

  /** Shares the announce with all nodes, and adds what they have. */
  async #withOthers(
    relay: Relay,
    { compact, infoHash, report }: ClassicAnnounce,
    here: ClassicAnswer,
    { count, isHere }: { readonly count: number; readonly isHere: boolean },
  ): Promise<ClassicAnswer> {
    const { serverAddress } = this.#options
    const shared = compact === null ? null : shareable(compact, serverAddress)
    if (shared !== null && report.event === 'stopped') relay.leaveClassic({ infoHash, compact: shared })
    else if (shared !== null && isHere) relay.enterClassic({ infoHash, compact: shared, seed: report.seed })
    const [drawn] = await Promise.all([relay.drawClassic(infoHash, count), known(relay, [infoHash])])
    const others = drawn === null ? [] : report.seed ? drawn.others : [...drawn.seeds, ...drawn.others]
    const except = shared ?? compact
    const add = (own: readonly string[], length: number) =>
      mergePeers(
        own,
        others.filter(peer => peer.length === length),
        { count, except, serverAddress },
      )
    return {
      ...here,
      ...relay.counts(infoHash),
      ipv4: add(here.ipv4, COMPACT_V4_BYTES),
      ipv6: add(here.ipv6, COMPACT_V6_BYTES),
    }
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

/** Resolves when it is known who of these swarms is on other nodes. */
const known = (relay: Relay, infoHashes: readonly Id[]): Promise<void> =>
  infoHashes.length === 0 ? Promise.resolve() : new Promise(resolve => relay.whenKnown(infoHashes, resolve))

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
