import type { Counters } from '../counters.ts'
import type { Swarm, TabPeer } from '../swarms/swarm.ts'
import type { SwarmCounts, Swarms } from '../swarms/swarms.ts'
import { answerText, deliverOffers, farOfferer } from '../tabs/deliver.ts'
import type { SentOffer, TabAnnounce, TabAnswer } from '../tabs/message.ts'
import { readMessage } from '../tabs/read-message.ts'
import type { Id } from '../wire-text.ts'
import { decodeBatch } from './batch.ts'
import type { Bus, ClassicEntry, NodeId, NodeSummary } from './bus.ts'
import { KnownSwarms } from './known-swarms.ts'
import { Outgoing, type OutgoingOffers } from './outgoing.ts'
import type { Relay, RelayCounters } from './relay.ts'
import { SentOffers } from './sent-offers.ts'
import { splitOffers } from './split.ts'
import type { Timing } from './timing.ts'

export interface ClusterRelayOptions {
  readonly bus: Bus
  readonly swarms: Swarms
  readonly counters: Counters
  readonly timing: Timing
  /** What this node tells of itself. */
  readonly summary: () => Omit<NodeSummary, 'node' | 'swarms'>
  /** Other nodes are reached again. */
  readonly onUp?: (() => void) | undefined
}

/** How soon a first change is written, and how often is looked for those that had to wait. */
const WRITE_MS = 5
const WRITE_AGAIN_MS = 1_000
const BEAT_MS = 5_000
/** A node that received nothing is not drawn again for as long as its heartbeat may be older than its end. */
const GONE_MS = 15_000
/** A node that wrote counts this lately may be so new that its heartbeat was not seen yet. */
const NEW_NODE_MS = 20_000

/** The relay of a node that is one of several. */
export class ClusterRelay implements Relay {
  readonly counters: RelayCounters = {
    offers: { sent: 0, received: 0, lost: 0 },
    answers: { sent: 0, received: 0, lost: 0 },
    redrawn: 0,
    invalid: 0,
  }
  readonly #options: ClusterRelayOptions
  readonly #known: KnownSwarms
  readonly #outgoing: Outgoing
  readonly #sent: SentOffers
  /** When each node was found to be gone. */
  readonly #gone = new Map<NodeId, number>()
  /** Answers that each node says it has sent here. */
  readonly #answersFrom = new Map<NodeId, number>()
  #others: readonly NodeSummary[] = []
  #alive: ReadonlySet<NodeId> = new Set()
  #isClosed = false
  #isWriteDue = false

  constructor(options: ClusterRelayOptions) {
    const { bus, swarms, timing } = options
    this.#options = options
    this.#known = new KnownSwarms({ bus, swarms, timing })
    this.#sent = new SentOffers(timing)
    this.#outgoing = new Outgoing({
      bus,
      timing,
      counters: this.counters,
      onUndelivered: (node, offers) => this.#undelivered(node, offers),
    })
    bus.listen({
      onMessage: batch => this.#receive(batch),
      onUp: () => this.#up(),
      onDown: () => {
        this.#others = []
        this.#known.forgetAll()
      },
    })
    if (bus.isUp) this.#up()
    this.#every(WRITE_AGAIN_MS, () => this.#known.write())
    this.#every(BEAT_MS, () => {
      this.#sent.sweep()
      this.#known.sweep()
      this.#outgoing.report()
      return this.#beat()
    })
  }

  get isUp(): boolean {
    return this.#options.bus.isUp
  }

  whenKnown(infoHashes: readonly Id[], then: () => void): void {
    this.#known.whenKnown(infoHashes, then)
  }

  counts(infoHash: Id): SwarmCounts {
    const { swarms } = this.#options
    const here = swarms.counts(infoHash)
    const classic = this.#known.classicElsewhere(infoHash)
    let complete = here.complete + classic.complete
    let incomplete = here.incomplete + classic.incomplete
    for (const [, remote] of this.#reachable(infoHash)) {
      complete += remote.complete
      incomplete += remote.incomplete
    }
    return { complete, incomplete, downloaded: here.downloaded }
  }

  hasSeed(infoHash: Id): boolean {
    return [...this.#reachable(infoHash)].some(([, { hasSeed }]) => hasSeed)
  }

  joined({ infoHash, peerId }: TabAnnounce): void {
    // Before the counts of others are read: of two that join at once on two nodes, one knows of the other.
    this.#known.write()
    this.#known.expire(infoHash.value)
    this.whenKnown([infoHash.value], () => {
      const text = `{"action":"announce","info_hash":${infoHash.json},"peer_id":${peerId.json}}`
      for (const [node] of this.#reachable(infoHash.value)) this.#outgoing.probe(node, text)
    })
  }

  changed({ infoHash }: Swarm): void {
    this.#known.changed(infoHash)
    if (this.#isWriteDue) return
    this.#isWriteDue = true
    this.#options.timing.after(WRITE_MS, () => {
      this.#isWriteDue = false
      this.#known.write()
    })
  }

  share(announce: TabAnnounce, peer: TabPeer, offers: readonly SentOffer[]): readonly SentOffer[] {
    const { infoHash, peerId } = announce
    return this.#share({ peer, infoHash, peerId, offers })
  }

  enterClassic(entry: ClassicEntry): void {
    // A client announces again in minutes.
    this.#options.bus.enterClassic(entry).catch(() => undefined)
  }

  leaveClassic(entry: Pick<ClassicEntry, 'infoHash' | 'compact'>): void {
    this.#options.bus.leaveClassic(entry).catch(() => undefined)
  }

  async drawClassic(infoHash: Id, count: number) {
    if (!this.isUp) return null
    return await this.#options.bus.drawClassic(infoHash, count).catch(() => null)
  }

  nodes(): readonly NodeSummary[] {
    return [this.#summary(), ...this.#others]
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#options.bus.close()
  }

  /** Sends to other nodes; returns what is left for this one. */
  #share({ infoHash, offers, peer, peerId }: OutgoingOffers): readonly SentOffer[] {
    const { tabs } = peer.swarm
    const kind = peer.seed ? 'leechers' : 'all'
    const remote = new Map<NodeId, number>()
    for (const [node, { leechers, seeds }] of this.#reachable(infoHash.value)) {
      remote.set(node, kind === 'all' ? leechers + seeds : leechers)
    }
    if (remote.size === 0) return offers
    // A seed is not among those that it may draw.
    const local = peer.seed ? tabs.incomplete : tabs.size - 1
    const split = splitOffers(offers.length, local, remote)
    const left = [...offers]
    const here = left.splice(0, split.local)
    for (const [node, count] of split.remote) {
      const going = left.splice(0, count)
      const what = { peer, infoHash, peerId, offers: going }
      const list = going.map(({ id, json }) => `{"offer_id":${id.json},"offer":${json}}`).join(',')
      const state = peer.seed ? '"left":0,' : ''
      const text = `{"action":"announce","info_hash":${infoHash.json},"peer_id":${peerId.json},${state}"offers":[${list}]}`
      if (!this.#outgoing.offer(node, text, what)) {
        this.counters.offers.lost += going.length
        continue
      }
      this.counters.offers.sent += going.length
      for (const { id } of going) this.#sent.add(infoHash.value, peer, id.value)
    }
    return here
  }

  /** Other nodes with peers of the swarm, without those that are gone. */
  *#reachable(infoHash: Id) {
    if (!this.isUp) return
    for (const entry of this.#known.remote(infoHash)) {
      const [node, { age }] = entry
      if (!this.#gone.has(node) && (this.#alive.has(node) || age < NEW_NODE_MS)) yield entry
    }
  }

  /** Draws again, without the node that is gone. */
  #undelivered(node: NodeId, batches: readonly OutgoingOffers[]): void {
    this.#gone.set(node, this.#options.timing.now())
    this.#known.forgetNode(node)
    const { counters, timing } = this.#options
    for (const again of batches) {
      const { infoHash, offers, peer, peerId } = again
      if (peer.at < 0) {
        this.counters.offers.lost += offers.length
        continue
      }
      this.counters.redrawn += offers.length
      const sender = { infoHash, peerId, offerer: peer, asking: peer }
      const here = this.#share(again)
      const delivered = deliverOffers(here, sender, peer.swarm, timing.now())
      counters.offers += delivered
      this.counters.offers.lost += here.length - delivered
    }
  }

  #receive(bytes: Buffer): void {
    if (this.#isClosed) return
    const batch = decodeBatch(bytes)
    if (batch === undefined) {
      this.counters.invalid += 1
      return
    }
    const messages = batch.messages.map(text => readMessage(text))
    const answers = messages.filter(({ kind }) => kind === 'answer').length
    const gap = batch.answersBefore - (this.#answersFrom.get(batch.from) ?? 0)
    if (gap > 0) this.counters.answers.lost += gap
    this.#answersFrom.set(batch.from, (batch.answersBefore + answers) % 2 ** 32)
    for (const message of messages) {
      if (message.kind === 'answer') this.#deliverAnswer(message)
      else if (message.kind === 'announce') this.#deliverOffers(message, batch.from)
      else this.counters.invalid += 1
    }
  }

  #deliverAnswer(answer: TabAnswer): void {
    const { infoHash, offerId, toPeerId } = answer
    const peer = this.#sent.take(infoHash.value, toPeerId, offerId.value)
    if (peer === undefined || peer.at < 0) {
      this.counters.answers.lost += 1
      return
    }
    peer.owner.send(answerText(answer))
    this.counters.answers.received += 1
    this.#options.counters.answers += 1
  }

  /** Offers of a peer on another node; without offers, the news that it joined there. */
  #deliverOffers({ infoHash, offers, peerId, report }: TabAnnounce, from: NodeId): void {
    const { counters, swarms, timing } = this.#options
    const swarm = swarms.find(infoHash.value)
    const count = Math.min(offers.length, OFFERS_MAX)
    this.counters.offers.received += count
    if (swarm === undefined || swarms.refusal(infoHash.value) !== undefined) {
      this.counters.offers.lost += count
      return
    }
    this.#known.heardOf(infoHash.value, from)
    // Mostly what is left of that client here is a connection that broke.
    if (offers.length === 0) swarm.tabsById.get(peerId.value)?.owner.probe()
    const offerer = farOfferer(peerId.value, text =>
      // What its peer gets, in the form in which clients send it.
      this.#outgoing.answer(from, `${text.slice(0, -1)},"to_peer_id":${peerId.json}}`),
    )
    const asking = { at: -1, seed: report.seed, network: '' }
    const delivered = deliverOffers(
      offers.slice(0, count),
      { infoHash, peerId, offerer, asking },
      swarm,
      timing.now(),
    )
    counters.offers += delivered
    this.counters.offers.lost += count - delivered
  }

  #up(): void {
    this.#known.writeAll()
    this.#beat().catch(() => undefined)
    this.#options.onUp?.()
  }

  async #beat(): Promise<void> {
    const { bus, timing } = this.#options
    const now = timing.now()
    for (const [node, at] of this.#gone) {
      if (now - at >= GONE_MS) this.#gone.delete(node)
    }
    if (!bus.isUp) return
    // A bus that went down meanwhile says so itself.
    const others = await bus.beat(this.#summary()).catch(() => null)
    if (others === null || !bus.isUp) return
    this.#others = others
    const alive = new Set(others.map(({ node }) => node))
    for (const node of this.#alive) {
      if (alive.has(node)) continue
      this.#gone.set(node, now)
      this.#outgoing.forget(node)
      this.#answersFrom.delete(node)
    }
    this.#alive = alive
  }

  #summary(): NodeSummary {
    const { bus, summary, swarms } = this.#options
    let led = 0
    for (const { infoHash } of swarms.all()) {
      const isLed = [...this.#reachable(infoHash)].every(([node]) => node > bus.node)
      if (isLed) led += 1
    }
    return { ...summary(), node: bus.node, swarms: led }
  }

  #every(ms: number, step: () => void | Promise<void>): void {
    this.#options.timing.after(ms, () => {
      if (this.#isClosed) return
      Promise.resolve(step()).catch(() => undefined)
      this.#every(ms, step)
    })
  }
}

/** Most offers of one announce; no node relays more. */
const OFFERS_MAX = 5
