import type { Access } from '../access.ts'
import type { Counters } from '../counters.ts'
import type { Refusal } from '../refusals.ts'
import { ClassicPeer, type Id, Swarm, type TabOwner, TabPeer } from './swarm.ts'

/** Clients in one swarm by state (`complete` are seeds), and how often it was completed. */
export interface SwarmCounts {
  readonly complete: number
  readonly incomplete: number
  readonly downloaded: number
}

/** What a peer says of itself. */
export interface Report {
  readonly event: 'started' | 'stopped' | 'completed' | 'update' | 'paused' | undefined
  readonly seed: boolean
  /** Bytes fetched since it started; undefined when it does not say. */
  readonly downloaded: number | undefined
}

/** Whoever says nothing of what is left, as before the metainfo of a magnet is there, is no seed. */
export function isSeed(left: number | null | undefined, event: Report['event']): boolean {
  return left === 0 || event === 'completed'
}

/** What outlives the peers of a swarm, and a restart. */
export interface Totals {
  /** Peers that said they had it complete now. */
  completed: number
  /** Bytes that peers said they had fetched. */
  bytes: number
}

/** A classic peer as it outlives a restart. */
export interface KeptPeer {
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
  /** Milliseconds, on a clock that never goes back. */
  readonly now: () => number
  /** Bounds on peers and swarms; off for load tests. */
  readonly limited: boolean
}

/** Peers of one swarm; each further one is refused. */
const PEERS_MAX = 50_000
/** Swarms of a tracker that is open to all, and totals that are kept of swarms that ended. */
const SWARMS_MAX = 100_000
/** A tab that is there but did not announce its share for so long has left it: five intervals. */
const TAB_AGE_MS = 10 * 60_000
/** Two intervals over HTTP or UDP, and some time to be late. */
const CLASSIC_AGE_MS = 25 * 60_000
/** Nobody fetches faster; what a peer claims beyond that is not counted. */
const BYTES_PER_MS_MAX = 1_250_000

const NOTHING: SwarmCounts = { complete: 0, incomplete: 0, downloaded: 0 }

/**
 * Who is in which swarm. Knows nothing of sockets and messages: tabs are told things through their `TabOwner`, classic
 * peers are addresses. A swarm exists while somebody is in it.
 */
export class Swarms {
  readonly #options: SwarmsOptions
  readonly #swarms = new Map<Id, Swarm>()
  readonly #totals = new Map<Id, Totals>()

  constructor(options: SwarmsOptions) {
    this.#options = options
  }

  /** Why `infoHash` is not tracked, if it is not. */
  refusal(infoHash: Id): Refusal | undefined {
    return this.#options.access.refusal(infoHash)
  }

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
   * A tab enters. Another connection with the same peer id in that swarm keeps its place, because ids are no secret, but
   * is asked whether it is still there: mostly it is the same tab's connection that broke.
   */
  joinTab(infoHash: Id, id: Id, owner: TabOwner, report: Report): TabPeer | Refusal {
    const swarm = this.#enter(infoHash)
    if (typeof swarm === 'string') return swarm
    const twin = swarm.tabsById.get(id)
    const peer = new TabPeer(swarm, id, owner, report, this.#options.now())
    swarm.addTab(peer)
    if (twin !== undefined && twin.owner !== owner) twin.owner.probe()
    return peer
  }

  reportTab(peer: TabPeer, report: Report): void {
    this.#account(peer.swarm, peer, report)
    peer.swarm.setSeed(peer, report.seed)
  }

  leaveTab(peer: TabPeer): void {
    // It may be gone already, with its swarm.
    if (peer.at < 0) return
    peer.swarm.removeTab(peer)
    this.#freeIfEmpty(peer.swarm)
  }

  /** A classic peer at `compact` (address and port) enters, refreshes or leaves; the swarm it is in, or undefined. */
  announceClassic(infoHash: Id, id: Id, compact: string, report: Report): Swarm | Refusal | undefined {
    const known = this.#swarms.get(infoHash)
    const peer = known?.classic.get(compact)
    if (report.event === 'stopped') {
      // One that was started anew at that address is not ended by a late word of the one before.
      if (known === undefined || peer?.id !== id) return known
      this.#account(known, peer, report)
      known.removeClassic(peer)
      this.#freeIfEmpty(known)
      return known
    }
    if (known !== undefined && peer?.id === id) {
      this.#account(known, peer, report)
      known.setSeed(peer, report.seed)
      return known
    }
    const swarm = this.#enter(infoHash)
    if (typeof swarm === 'string') return swarm
    // A client that was started anew has another id.
    if (peer !== undefined) swarm.removeClassic(peer)
    swarm.addClassic(new ClassicPeer(compact, id, report, this.#options.now()))
    return swarm
  }

  /** End the swarm of `infoHash`, tell its tabs, and forget what it did. */
  drop(infoHash: Id): void {
    const swarm = this.#swarms.get(infoHash)
    this.#swarms.delete(infoHash)
    this.#totals.delete(infoHash)
    for (const peer of [...(swarm?.tabs ?? [])]) {
      peer.at = -1
      peer.owner.removed(peer, 'ended')
    }
  }

  /** Forget peers that were silent for too long, and offers that nobody answered. */
  sweep(): void {
    const now = this.#options.now()
    for (const swarm of this.#swarms.values()) {
      for (const peer of [...swarm.tabs]) {
        if (now - peer.seenAt <= TAB_AGE_MS) {
          peer.forgetLate(now)
        } else {
          swarm.removeTab(peer)
          peer.owner.removed(peer, 'silent')
        }
      }
      for (const peer of [...swarm.classic.values()]) {
        if (now - peer.seenAt > CLASSIC_AGE_MS) swarm.removeClassic(peer)
      }
      this.#freeIfEmpty(swarm)
    }
  }

  /** Whether it is not listed: only those hear of it who name it. */
  isHidden(infoHash: Id): boolean {
    return this.#options.access.isHidden(infoHash)
  }

  /** A swarm that somebody is in. */
  find(infoHash: Id): Swarm | undefined {
    return this.#swarms.get(infoHash)
  }

  /** Swarms that exist, with whom they have. */
  all(): Iterable<Swarm> {
    return this.#swarms.values()
  }

  get size(): number {
    return this.#swarms.size
  }

  /** By info hash. */
  totals(): ReadonlyMap<Id, Totals> {
    return this.#totals
  }

  /** Put back what was kept of an earlier run. */
  restoreTotals(infoHash: Id, totals: Totals): void {
    this.#totals.set(infoHash, totals)
  }

  /** Classic peers of a swarm, to be restored: unlike tabs they do not notice that the tracker was away. */
  *keptPeers(swarm: Swarm): Iterable<KeptPeer> {
    const now = this.#options.now()
    for (const { compact, downloaded, id, seed, seenAt } of swarm.classic.values()) {
      yield { compact, id, seed, downloaded, age: now - seenAt }
    }
  }

  /** Put back a classic peer of an earlier run, unless it should have announced again by now. */
  restorePeer(infoHash: Id, peer: KeptPeer): void {
    if (peer.age > CLASSIC_AGE_MS) return
    const swarm = this.#enter(infoHash)
    if (typeof swarm === 'string' || swarm.classic.has(peer.compact)) return
    swarm.addClassic(new ClassicPeer(peer.compact, peer.id, peer, this.#options.now() - peer.age))
  }

  /** The swarm to join, made if need be. */
  #enter(infoHash: Id): Swarm | Refusal {
    const { limited } = this.#options
    const known = this.#swarms.get(infoHash)
    if (known !== undefined) return limited && known.size >= PEERS_MAX ? 'swarm_full' : known
    if (limited && this.#swarms.size >= SWARMS_MAX) return 'tracker_full'
    const swarm = new Swarm(infoHash)
    this.#swarms.set(infoHash, swarm)
    return swarm
  }

  /** Count what a peer did since it last announced. */
  #account(swarm: Swarm, peer: TabPeer | ClassicPeer, { downloaded, event }: Report): void {
    const now = this.#options.now()
    // The clock has whole milliseconds only.
    const most = (now - peer.seenAt + 1) * BYTES_PER_MS_MAX
    peer.seenAt = now
    const bytes = downloaded === undefined ? 0 : Math.min(downloaded - peer.downloaded, most)
    if (downloaded !== undefined) peer.downloaded = downloaded
    const isCompleted = event === 'completed' && !peer.seed
    if (!isCompleted && bytes <= 0) return
    const totals = this.#totalsOf(swarm.infoHash)
    const { counters } = this.#options
    if (isCompleted) {
      totals.completed += 1
      counters.completed += 1
    }
    if (bytes > 0) {
      // Whoever lies about bytes does not break what adds them up.
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
