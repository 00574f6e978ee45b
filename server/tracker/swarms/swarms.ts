import type { Access } from '../access.ts'
import type { Counters } from '../counters.ts'
import type { Refusal } from '../refusals.ts'
import type { Id } from '../wire-text.ts'
import { ClassicPeer, networkOf, Swarm, type TabOwner, TabPeer } from './swarm.ts'

/** Clients in one swarm by state (`complete` are seeds), and completed downloads. */
export interface SwarmCounts {
  readonly complete: number
  readonly incomplete: number
  readonly downloaded: number
}

/** What a peer reports of itself with an announce. */
export interface Report {
  readonly event: 'started' | 'stopped' | 'completed' | 'update' | 'paused' | undefined
  readonly seed: boolean
  /** Bytes downloaded since it started; undefined when it does not report them. */
  readonly downloaded: number | undefined
}

/** Whether an announce is a seed's. One without `left`, as of a magnet whose metainfo is not there yet, is not. */
export function isSeed(left: number | null | undefined, event: Report['event']): boolean {
  return left === 0 || event === 'completed'
}

/** Numbers of a swarm that outlive its peers and restarts of the server. */
export interface Totals {
  /** Completed downloads, each client's once. */
  completed: number
  /** Bytes that peers reported as downloaded. */
  bytes: number
  /** When the last of them was completed, in milliseconds of Unix time; missing where an earlier version counted it. */
  completedAt?: number | undefined
}

/** A classic peer as it is saved over a restart. */
export interface SavedPeer {
  /** See `ClassicPeer`. */
  readonly compact: string
  readonly id: Id
  readonly seed: boolean
  readonly downloaded: number
  /** Milliseconds since it last announced. */
  readonly age: number
}

interface SwarmsOptions {
  readonly access: Access
  readonly counters: Counters
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Whether peers and swarms are limited; false in load tests. */
  readonly limited: boolean
}

/** Most peers of one swarm; further ones are refused. */
const PEERS_MAX = 50_000
/** Most swarms of a tracker that is open to all, and most totals. */
const SWARMS_MAX = 100_000
/** A tab that is connected but did not announce for five intervals has left the swarm. */
const TAB_AGE_MS = 10 * 60_000
/** Two intervals over HTTP or UDP and five minutes more. */
const CLASSIC_AGE_MS = 25 * 60_000
/** 10 Gbit/s; bytes that a peer claims beyond that are not counted. */
const BYTES_PER_MS_MAX = 1_250_000

const NOTHING: SwarmCounts = { complete: 0, incomplete: 0, downloaded: 0 }

/**
 * Swarm membership, independent of transport: tabs are reached through their `TabOwner`, classic peers are addresses. A
 * swarm exists while it has peers.
 */
export class Swarms {
  readonly #options: SwarmsOptions
  readonly #swarms = new Map<Id, Swarm>()
  readonly #totals = new Map<Id, Totals>()
  /** Called when tabs of a swarm joined, left or completed; null on a server that is alone. */
  onChanged: ((swarm: Swarm) => void) | null = null

  constructor(options: SwarmsOptions) {
    this.#options = options
  }

  /** Why `infoHash` is not tracked; undefined when it is. */
  refusal(infoHash: Id): Refusal | undefined {
    return this.#options.access.refusal(infoHash)
  }

  /** Zeros for a swarm that does not exist. */
  counts(infoHash: Id): SwarmCounts {
    const swarm = this.#swarms.get(infoHash)
    const totals = this.#totals.get(infoHash)
    if (swarm === undefined && totals === undefined) return NOTHING
    return {
      complete: swarm?.complete ?? 0,
      incomplete: swarm?.incomplete ?? 0,
      downloaded: totals?.completed ?? 0,
    }
  }

  /**
   * Adds a peer of a tab, or says why it is refused. Another connection with the same peer id in that swarm keeps its
   * place, because peer ids are no secret, but is probed: mostly it is a broken connection of the same tab.
   */
  joinTab(infoHash: Id, id: Id, owner: TabOwner, report: Report): TabPeer | Refusal {
    const swarm = this.#enter(infoHash)
    if (typeof swarm === 'string') return swarm
    if (swarm.tabs.sizeOf(owner.network) >= owner.peersMax) return 'address_full'
    const twin = swarm.tabsById.get(id)
    const peer = new TabPeer(swarm, id, owner, report, this.#options.now())
    swarm.addTab(peer)
    this.onChanged?.(swarm)
    if (twin !== undefined && twin.owner !== owner) twin.owner.probe()
    return peer
  }

  /** Applies a further announce of a tab's peer. */
  reportTab(peer: TabPeer, report: Report): void {
    this.#account(peer.swarm, peer, report, peer.owner)
    if (peer.seed === report.seed) return
    peer.swarm.setSeed(peer, report.seed)
    this.onChanged?.(peer.swarm)
  }

  /** Removes a tab's peer. */
  leaveTab(peer: TabPeer): void {
    // It may have been removed already, with its swarm.
    if (peer.at < 0) return
    peer.swarm.removeTab(peer)
    this.onChanged?.(peer.swarm)
    this.#freeIfEmpty(peer.swarm)
  }

  /**
   * A classic peer at `compact` (address and port) joins, refreshes or leaves. The swarm, undefined when there is none, or
   * why the peer is refused. One too many of its address is not: it finds the others, but they do not find it. For `by` see
   * `TabOwner`.
   */
  announceClassic(
    infoHash: Id,
    id: Id,
    compact: string,
    report: Report,
    by: Pick<TabOwner, 'countsDownloads' | 'peersMax'>,
  ): Swarm | Refusal | undefined {
    const known = this.#swarms.get(infoHash)
    const peer = known?.classic.get(compact)
    if (report.event === 'stopped') {
      // A late `stopped` does not remove a client that was restarted at the same address meanwhile.
      if (known === undefined || peer?.id !== id) return known
      this.#account(known, peer, report, by)
      known.removeClassic(peer)
      this.#freeIfEmpty(known)
      return known
    }
    if (known !== undefined && peer?.id === id) {
      this.#account(known, peer, report, by)
      known.setSeed(peer, report.seed)
      return known
    }
    const swarm = this.#enter(infoHash)
    if (typeof swarm === 'string') return swarm
    // A restarted client has another id.
    if (peer !== undefined) swarm.removeClassic(peer)
    if (swarm.familyOf({ compact }).sizeOf(networkOf(compact)) >= by.peersMax) {
      this.#options.counters.refused('address_full')
      return swarm
    }
    swarm.addClassic(new ClassicPeer(compact, id, report, this.#options.now()))
    return swarm
  }

  /** Drops the swarm of `infoHash` with its totals, and tells its tabs. */
  drop(infoHash: Id): void {
    const swarm = this.#swarms.get(infoHash)
    this.#swarms.delete(infoHash)
    this.#totals.delete(infoHash)
    for (const peer of [...(swarm?.tabs ?? [])]) {
      peer.at = -1
      peer.owner.removed(peer, 'dropped')
    }
    if (swarm !== undefined) this.onChanged?.(swarm)
  }

  /** Removes peers that were silent for too long, and expired offers. */
  sweep(): void {
    const now = this.#options.now()
    for (const swarm of this.#swarms.values()) {
      for (const peer of [...swarm.tabs]) {
        if (now - peer.seenAt <= TAB_AGE_MS) {
          peer.dropExpiredOffers(now)
        } else {
          swarm.removeTab(peer)
          this.onChanged?.(swarm)
          peer.owner.removed(peer, 'silent')
        }
      }
      for (const peer of [...swarm.classic.values()]) {
        if (now - peer.seenAt > CLASSIC_AGE_MS) swarm.removeClassic(peer)
      }
      this.#freeIfEmpty(swarm)
    }
  }

  /** Whether it is left out of answers about all swarms. */
  isHidden(infoHash: Id): boolean {
    return this.#options.access.isHidden(infoHash)
  }

  /** A swarm with peers. */
  find(infoHash: Id): Swarm | undefined {
    return this.#swarms.get(infoHash)
  }

  /** All swarms with peers. */
  all(): Iterable<Swarm> {
    return this.#swarms.values()
  }

  /** Number of swarms with peers. */
  get size(): number {
    return this.#swarms.size
  }

  /** Totals by info hash, also of swarms without peers. */
  totals(): ReadonlyMap<Id, Totals> {
    return this.#totals
  }

  /** Restores totals that an earlier process saved. */
  restoreTotals(infoHash: Id, totals: Totals): void {
    this.#totals.set(infoHash, totals)
  }

  /** Classic peers of a swarm, to be restored after a restart: unlike tabs they do not notice it. */
  *savedPeers(swarm: Swarm): Iterable<SavedPeer> {
    const now = this.#options.now()
    for (const { compact, downloaded, id, seed, seenAt } of swarm.classic.values()) {
      yield { compact, id, seed, downloaded, age: now - seenAt }
    }
  }

  /** Restores a classic peer that an earlier process saved, unless it should have announced again by now. */
  restorePeer(infoHash: Id, peer: SavedPeer): void {
    if (peer.age > CLASSIC_AGE_MS) return
    const swarm = this.#enter(infoHash)
    if (typeof swarm === 'string' || swarm.classic.has(peer.compact)) return
    swarm.addClassic(new ClassicPeer(peer.compact, peer.id, peer, this.#options.now() - peer.age))
  }

  /** The swarm to join, created if necessary, or why it cannot be joined. */
  #enter(infoHash: Id): Swarm | Refusal {
    const { limited } = this.#options
    const known = this.#swarms.get(infoHash)
    if (known !== undefined) return limited && known.size >= PEERS_MAX ? 'swarm_full' : known
    if (limited && this.#swarms.size >= SWARMS_MAX) return 'tracker_full'
    const swarm = new Swarm(infoHash)
    this.#swarms.set(infoHash, swarm)
    return swarm
  }

  /**
   * Counts what a peer did since its last announce. A client that announces over several transports (one peer id) reports
   * the same download over each: it is counted once.
   */
  #account(
    swarm: Swarm,
    peer: TabPeer | ClassicPeer,
    { downloaded, event, seed }: Report,
    { countsDownloads }: Pick<TabOwner, 'countsDownloads'>,
  ): void {
    const now = this.#options.now()
    // One more, because the clock has whole milliseconds only.
    const most = (now - peer.seenAt + 1) * BYTES_PER_MS_MAX
    peer.seenAt = now
    const bytes = downloaded === undefined ? 0 : Math.min(downloaded - peer.downloaded, most)
    if (downloaded !== undefined) peer.downloaded = downloaded
    // A new start of the same client may complete again.
    if (event === 'started' && !seed) peer.completed = false
    const isCompleted = event === 'completed' && !peer.seed && !peer.completed
    if (!isCompleted && bytes <= 0) return
    peer.completed ||= isCompleted
    for (const same of swarm.client(peer.id)) {
      same.completed ||= isCompleted
      same.downloaded = Math.max(same.downloaded, peer.downloaded)
    }
    if (!countsDownloads) return
    const totals = this.#totalsOf(swarm.infoHash)
    const { counters } = this.#options
    if (isCompleted) {
      totals.completed += 1
      totals.completedAt = Date.now()
      counters.completed += 1
    }
    if (bytes > 0) {
      // Claimed bytes must not take the sums out of the safe integers.
      totals.bytes = Math.min(Number.MAX_SAFE_INTEGER, totals.bytes + Math.floor(bytes))
      counters.bytes = Math.min(Number.MAX_SAFE_INTEGER, counters.bytes + Math.floor(bytes))
    }
  }

  #totalsOf(infoHash: Id): Totals {
    const known = this.#totals.get(infoHash)
    if (known !== undefined) return known
    if (this.#totals.size >= SWARMS_MAX) {
      for (const oldest of this.#totals.keys()) {
        this.#totals.delete(oldest)
        break
      }
    }
    const totals = { completed: 0, bytes: 0 }
    this.#totals.set(infoHash, totals)
    return totals
  }

  #freeIfEmpty(swarm: Swarm): void {
    if (swarm.size === 0 && this.#swarms.get(swarm.infoHash) === swarm) this.#swarms.delete(swarm.infoHash)
  }
}
