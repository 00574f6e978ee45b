import { clientNetwork } from '../../base/address.ts'
import type { Id, WireText } from '../wire-text.ts'
import { DuplicateClients } from './duplicate-clients.ts'
import { PeerList } from './peer-list.ts'

/** The connection that a tab's messages go to; it may be in many swarms. */
export interface TabOwner {
  /** False for our own seeder, whose copies are nobody's downloads. */
  readonly countsDownloads: boolean
  /** The network that it connects from (`clientNetwork`), and how many peers of that may be in one swarm. */
  readonly network: string
  readonly peersMax: number
  /** Delivers a message. */
  send(text: WireText): void
  /** Another connection announced the peer id of one of its peers: check whether this one is still alive. */
  probe(): void
  /** The peer was removed from its swarm: it was silent for too long, or the swarm was dropped. */
  removed(peer: TabPeer, why: 'silent' | 'dropped'): void
}

/** What a peer reports of itself when it joins. */
interface PeerState {
  readonly seed: boolean
  /** Bytes downloaded since it started; undefined when it does not report them. */
  readonly downloaded?: number | undefined
}

/** Who sent an offer: a peer of this node, or one of another. */
export interface Offerer {
  readonly id: Id
  /** Negative once it left. */
  readonly at: number
  readonly owner: Pick<TabOwner, 'send'>
}

/** An offer that was relayed to a peer and is not answered yet. */
interface PendingOffer {
  readonly offerer: Offerer
  readonly offerId: Id
  /** Milliseconds of the tracker's clock. */
  readonly until: number
}

/** How long an answer to a relayed offer is accepted; stock clients give up on their offers after 50 s. */
const ANSWER_LIMIT_MS = 60_000

/** Most pending offers of a peer; the oldest are dropped first. */
const PENDING_MAX = 500

/** A peer that is reached by WebRTC offers through its WebSocket: a tab, or a program that acts like one. */
export class TabPeer {
  readonly swarm: Swarm
  readonly id: Id
  readonly owner: TabOwner
  seed: boolean
  at = -1
  /** When it last announced, in milliseconds of the tracker's clock. */
  seenAt: number
  /** Bytes it reported as downloaded. */
  downloaded: number
  /** Its completed download is counted. */
  completed = false
  /** Created with the first offer: most peers of a quiet swarm have none. Few at a time, so a search goes through all. */
  #pendingOffers: PendingOffer[] | null = null

  constructor(swarm: Swarm, id: Id, owner: TabOwner, { downloaded = 0, seed }: PeerState, now: number) {
    this.swarm = swarm
    this.id = id
    this.owner = owner
    this.seed = seed
    this.downloaded = downloaded
    this.seenAt = now
  }

  get network(): string {
    return this.owner.network
  }

  /** Records that an offer of `offerer` is relayed to this peer. */
  addOffer(offerer: Offerer, offerId: Id, now: number): void {
    this.#pendingOffers ??= []
    this.#pendingOffers.push({ offerer, offerId, until: now + ANSWER_LIMIT_MS })
    if (this.#pendingOffers.length > PENDING_MAX) this.#pendingOffers.shift()
  }

  /** Takes out a pending offer; its sender, or undefined when there is no such offer, or it has expired, or the sender left. */
  takeOffer(offererId: Id, offerId: Id, now: number): Offerer | undefined {
    const pending = this.#pendingOffers
    if (pending === null) return undefined
    for (let at = 0; at < pending.length; at += 1) {
      const one = pending[at]
      // Senders choose offer ids, so only sender and id together name one offer.
      if (one?.offerId !== offerId || one.offerer.id !== offererId) continue
      pending.splice(at, 1)
      return one.until >= now && one.offerer.at >= 0 ? one.offerer : undefined
    }
    return undefined
  }

  /** Drops offers that were not answered in time. */
  dropExpiredOffers(now: number): void {
    const pending = this.#pendingOffers?.filter(({ until }) => until >= now) ?? []
    this.#pendingOffers = pending.length > 0 ? pending : null
  }
}

/** A peer that is reached over TCP or uTP at an address: any BitTorrent client. */
export class ClassicPeer {
  /** Address and port in the form of BEP 23 and BEP 7, one byte a UTF-16 unit: 6 for IPv4, 18 for IPv6. */
  readonly compact: string
  readonly id: Id
  readonly network: string
  seed: boolean
  at = -1
  seenAt: number
  downloaded: number
  completed = false

  constructor(compact: string, id: Id, { downloaded = 0, seed }: PeerState, now: number) {
    this.compact = compact
    this.network = networkOf(compact)
    this.id = id
    this.seed = seed
    this.downloaded = downloaded
    this.seenAt = now
  }
}

/** Most swarms have no peer of our own: they share this. */
const NONE: readonly TabPeer[] = []

/** The peers of one info hash. Tabs and classic peers cannot connect to each other, so each kind has its own lists. */
export class Swarm {
  readonly infoHash: Id
  readonly tabs = new PeerList<TabPeer>()
  readonly ipv4 = new PeerList<ClassicPeer>()
  readonly ipv6 = new PeerList<ClassicPeer>()
  /** The latest of each peer id: one that comes twice is mostly a broken connection and its successor, or else a forger. */
  readonly tabsById = new Map<Id, TabPeer>()
  /** By `ClassicPeer.compact`: an announce is valid for the address it comes from and no other. */
  readonly classic = new Map<string, ClassicPeer>()
  /** Peers of our own seeder: one, and while it reconnects the old one too. */
  #own: readonly TabPeer[] = NONE
  readonly #duplicates = new DuplicateClients<ClassicPeer>(this.tabsById)

  constructor(infoHash: Id) {
    this.infoHash = infoHash
  }

  /** Clients that have all pieces; a client that is here as a tab and as classic peers counts once. */
  get complete(): number {
    return this.tabs.complete + this.ipv4.complete + this.ipv6.complete - this.#duplicates.complete
  }

  /** Clients that still download, counted the same way. */
  get incomplete(): number {
    return this.tabs.incomplete + this.ipv4.incomplete + this.ipv6.incomplete - this.#duplicates.incomplete
  }

  /** Whether somebody besides our own seeder has all pieces. */
  get hasSeed(): boolean {
    if (this.#own === NONE) return this.complete > 0
    return this.complete > new Set(this.#own.filter(({ seed }) => seed).map(({ id }) => id)).size
  }

  /** Peer id of our own seeder, while it is here. */
  get ownPeerId(): Id | undefined {
    return this.#own.at(-1)?.id
  }

  /** Peers; a client counts as often as it is here. */
  get size(): number {
    return this.tabs.size + this.classic.size
  }

  addTab(peer: TabPeer): void {
    this.#duplicates.change(peer.id, () => {
      this.tabs.add(peer)
      this.tabsById.set(peer.id, peer)
    })
    if (!peer.owner.countsDownloads) this.#own = [...this.#own, peer]
  }

  removeTab(peer: TabPeer): void {
    this.#duplicates.change(peer.id, () => {
      this.tabs.remove(peer)
      if (this.tabsById.get(peer.id) === peer) this.tabsById.delete(peer.id)
    })
    if (peer.owner.countsDownloads) return
    const rest = this.#own.filter(own => own !== peer)
    this.#own = rest.length === 0 ? NONE : rest
  }

  addClassic(peer: ClassicPeer): void {
    this.familyOf(peer).add(peer)
    this.classic.set(peer.compact, peer)
    this.#duplicates.add(peer)
  }

  removeClassic(peer: ClassicPeer): void {
    this.#duplicates.remove(peer)
    this.familyOf(peer).remove(peer)
    this.classic.delete(peer.compact)
  }

  setSeed(peer: TabPeer | ClassicPeer, seed: boolean): void {
    if (peer.seed === seed) return
    this.#duplicates.change(peer.id, () => {
      if (peer instanceof TabPeer) this.tabs.setSeed(peer, seed)
      else this.familyOf(peer).setSeed(peer, seed)
    })
  }

  /** The latest tab and the classic peers with this peer id: mostly one client, over several transports. */
  client(id: Id): (TabPeer | ClassicPeer)[] {
    const tab = this.tabsById.get(id)
    const classic = this.#duplicates.classic(id)
    return tab === undefined ? [...classic] : [tab, ...classic]
  }

  /** Classic peers of the family of `compact`. */
  familyOf({ compact }: Pick<ClassicPeer, 'compact'>): PeerList<ClassicPeer> {
    return compact.length === COMPACT_V4_BYTES ? this.ipv4 : this.ipv6
  }
}

/** The network of a compact peer, as limits and draws know it. */
export const networkOf = (compact: string): string => clientNetwork(compact.slice(0, -PORT_BYTES))

const PORT_BYTES = 2
/** BEP 23: an IPv4 address and a port. */
const COMPACT_V4_BYTES = 6
