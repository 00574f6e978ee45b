import { PeerList } from '../peer-list.ts'
import { SharedIds } from './duplicate-clients.ts'

/** 20 bytes as 20 UTF-16 units, one each: info hashes, peer ids and offer ids as the wire has them. */
export type Id = string

/** Bytes of UTF-8 as they travel, one a UTF-16 unit. */
export type WireText = string

/** Whoever a tab's messages go to: one connection, which may be in many swarms. */
export interface TabOwner {
  /** Deliver a message. */
  send(text: WireText): void
  /** Another connection announced the peer id of one of ours: be gone if nobody is there. */
  probe(): void
  /** The peer is in its swarm no more: it was silent for too long, or the swarm was ended. */
  removed(peer: TabPeer, why: 'silent' | 'ended'): void
}

/** What a peer says of itself when it comes. */
interface PeerState {
  readonly seed: boolean
  /** Bytes fetched since it started; undefined when it does not say. */
  readonly downloaded?: number | undefined
}

/** An offer that waits for its answer. */
interface Owed {
  readonly offerer: TabPeer
  readonly offerId: Id
  /** Milliseconds of the tracker's clock. */
  readonly until: number
}

/** How long an answer to a relayed offer is taken; stock clients give up on their offers after 50 s. */
const ANSWER_LIMIT_MS = 60_000

/** Offers a peer may owe answers to; the oldest are forgotten first. */
const OWED_MAX = 500

/** A peer that is reached by WebRTC offers through its WebSocket: a tab, or a program that speaks as one. */
export class TabPeer {
  readonly swarm: Swarm
  readonly id: Id
  readonly owner: TabOwner
  seed: boolean
  at = -1
  /** When it last announced, in milliseconds of the tracker's clock. */
  seenAt: number
  /** Bytes it said it had fetched. */
  downloaded: number
  /** Made at the first offer: most peers of a quiet swarm owe nothing. Few at a time, so looked through one by one. */
  #owed: Owed[] | null = null

  constructor(swarm: Swarm, id: Id, owner: TabOwner, { downloaded = 0, seed }: PeerState, now: number) {
    this.swarm = swarm
    this.id = id
    this.owner = owner
    this.seed = seed
    this.downloaded = downloaded
    this.seenAt = now
  }

  /** An offer of `offerer` goes to this peer. */
  owe(offerer: TabPeer, offerId: Id, now: number): void {
    this.#owed ??= []
    this.#owed.push({ offerer, offerId, until: now + ANSWER_LIMIT_MS })
    if (this.#owed.length > OWED_MAX) this.#owed.shift()
  }

  /** Who waits for that answer, which then waits no longer; undefined for a stranger, or one that is late or gone. */
  settle(offererId: Id, offerId: Id, now: number): TabPeer | undefined {
    const owed = this.#owed
    if (owed === null) return undefined
    for (let at = 0; at < owed.length; at += 1) {
      const one = owed[at]
      // Offer ids are chosen by their senders, so only with the sender do they name one offer.
      if (one?.offerId !== offerId || one.offerer.id !== offererId) continue
      owed.splice(at, 1)
      return one.until >= now && one.offerer.at >= 0 ? one.offerer : undefined
    }
    return undefined
  }

  /** Forget offers that were not answered in time. */
  forgetLate(now: number): void {
    const owed = this.#owed?.filter(({ until }) => until >= now) ?? []
    this.#owed = owed.length > 0 ? owed : null
  }
}

/** A peer that is reached over TCP or uTP at an address: any BitTorrent client. */
export class ClassicPeer {
  /** Address and port as BEP 23 and BEP 7 have them, one byte a unit: 6 of them, or 18 for IPv6. */
  readonly compact: string
  readonly id: Id
  seed: boolean
  at = -1
  seenAt: number
  downloaded: number

  constructor(compact: string, id: Id, { downloaded = 0, seed }: PeerState, now: number) {
    this.compact = compact
    this.id = id
    this.seed = seed
    this.downloaded = downloaded
    this.seenAt = now
  }
}

/** The peers of one info hash. Tabs and classic peers can't reach each other, so each are drawn among their own. */
export class Swarm {
  readonly infoHash: Id
  readonly tabs = new PeerList<TabPeer>()
  readonly ipv4 = new PeerList<ClassicPeer>()
  readonly ipv6 = new PeerList<ClassicPeer>()
  /** The latest of each peer id: one that comes twice is a connection that broke, or a thief. */
  readonly tabsById = new Map<Id, TabPeer>()
  /** By `ClassicPeer.compact`: who announces from an address speaks for that address and no other. */
  readonly classic = new Map<string, ClassicPeer>()
  readonly #shared = new SharedIds(this.tabsById)

  constructor(infoHash: Id) {
    this.infoHash = infoHash
  }

  /** Clients that have everything; one that is here as a tab and at addresses is one. */
  get complete(): number {
    return this.tabs.complete + this.ipv4.complete + this.ipv6.complete - this.#shared.complete
  }

  /** Clients that still fetch. */
  get incomplete(): number {
    return this.tabs.incomplete + this.ipv4.incomplete + this.ipv6.incomplete - this.#shared.incomplete
  }

  /** Peers, each client as often as it is here. */
  get size(): number {
    return this.tabs.size + this.classic.size
  }

  addTab(peer: TabPeer): void {
    this.#shared.change(peer.id, () => {
      this.tabs.add(peer)
      this.tabsById.set(peer.id, peer)
    })
  }

  removeTab(peer: TabPeer): void {
    this.#shared.change(peer.id, () => {
      this.tabs.remove(peer)
      if (this.tabsById.get(peer.id) === peer) this.tabsById.delete(peer.id)
    })
  }

  addClassic(peer: ClassicPeer): void {
    this.#familyOf(peer).add(peer)
    this.classic.set(peer.compact, peer)
    this.#shared.add(peer)
  }

  removeClassic(peer: ClassicPeer): void {
    this.#shared.remove(peer)
    this.#familyOf(peer).remove(peer)
    this.classic.delete(peer.compact)
  }

  setSeed(peer: TabPeer | ClassicPeer, seed: boolean): void {
    if (peer.seed === seed) return
    this.#shared.change(peer.id, () => {
      if (peer instanceof TabPeer) this.tabs.setSeed(peer, seed)
      else this.#familyOf(peer).setSeed(peer, seed)
    })
  }

  #familyOf({ compact }: ClassicPeer): PeerList<ClassicPeer> {
    return compact.length === COMPACT_V4_BYTES ? this.ipv4 : this.ipv6
  }
}

/** BEP 23: an IPv4 address and a port. */
const COMPACT_V4_BYTES = 6
