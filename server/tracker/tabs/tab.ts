import { RateLimiter } from '../../base/rate-limiter.ts'
import type { AddressQuota } from '../address-quotas.ts'
import type { Counters } from '../counters.ts'
import {
  ANNOUNCES_OF_CONNECTION,
  type Limits,
  OVER_LIMIT_MAX,
  SWARMS_SEEDER_MAX,
  SWARMS_TAB_MAX,
} from '../limits.ts'
import { REFUSALS, type Refusal } from '../refusals.ts'
import type { Relay } from '../relay/relay.ts'
import type { TabOwner, TabPeer } from '../swarms/swarm.ts'
import type { Swarms } from '../swarms/swarms.ts'
import type { UnknownShares } from '../unknown-shares.ts'
import type { Id, WireText } from '../wire-text.ts'
import { ConnectionPeers } from './connection-peers.ts'
import { answerText, deliverOffers } from './deliver.ts'
import { type TabAnnounce, type TabAnswer, type TabMessage, toJson } from './message.ts'
import { readMessage } from './read-message.ts'

/** Most offers of one announce that are relayed, each to another peer; stock clients send as many. */
const RELAYED_MAX = 5

/** Connection to a client, independent of transport. */
export interface Link {
  send(text: WireText): void
  /** Closes the connection because of `reason`; `detail` is what the client gets. */
  refuse(reason: Refusal, detail?: string): void
  /** Pings; the connection closes unless an answer comes within seconds. */
  probe(): void
}

/** What all tabs of a tracker share. */
export interface TabContext {
  readonly swarms: Swarms
  readonly counters: Counters
  readonly limits: Limits
  /** Null on a server that is alone. */
  relay: Relay | null
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number
  /** Seconds until a tab should announce again. */
  readonly interval: () => number
  /** Left out where there is one node only. */
  readonly unknown?: UnknownShares | undefined
  /** Gets unexpected errors. */
  readonly onError: (error: unknown) => void
  /** Gets the seconds that an announce took. */
  readonly onAnnounced: ((seconds: number) => void) | undefined
}

/**
 * One client over WebSocket, mostly a browser tab: handles its messages, enforces its limits, and owns the peers it
 * announced. It can change those only, and they leave with it.
 */
export class Tab implements TabOwner {
  readonly #link: Link
  readonly #context: TabContext
  readonly #quota: AddressQuota
  readonly #peers = new ConnectionPeers()
  readonly #announces = new RateLimiter(ANNOUNCES_OF_CONNECTION)
  #timesOver = 0
  #isClosed = false

  constructor(link: Link, context: TabContext, quota: AddressQuota) {
    this.#link = link
    this.#context = context
    this.#quota = quota
  }

  /** Handles a message of valid UTF-8. */
  receive(text: WireText): void {
    const { onAnnounced } = this.#context
    const start = onAnnounced && performance.now()
    const message = readMessage(text)
    if (message.kind === 'announce') {
      this.#announce(message)
      if (start !== undefined) onAnnounced?.((performance.now() - start) / 1000)
    } else if (message.kind === 'answer') this.#relayAnswer(message)
    else if (message.kind === 'scrape') this.#scrape(message.infoHashes)
    else this.#invalid(message)
  }

  /** The connection is closed. */
  closed(): void {
    this.#isClosed = true
    for (const peer of [...this.#peers]) {
      this.#peers.remove(peer)
      this.#context.swarms.leaveTab(peer)
    }
  }

  send(text: WireText): void {
    this.#link.send(text)
  }

  probe(): void {
    this.#link.probe()
  }

  get network(): string {
    return this.#quota.network
  }

  get peersMax(): number {
    return this.#quota.peersMax
  }

  get countsDownloads(): boolean {
    return this.#quota.kind !== 'seeder'
  }

  removed(peer: TabPeer, why: 'silent' | 'dropped'): void {
    const { infoHash } = peer.swarm
    this.#peers.remove(peer)
    if (why === 'dropped') {
      this.#fail(this.#context.swarms.refusal(infoHash) ?? 'untracked', 'announce', infoHash)
    }
  }

  #announce(message: TabAnnounce): void {
    const { counters, onError, swarms, unknown } = this.#context
    counters.announces.websocket += 1
    const infoHash = message.infoHash.value
    if (!this.#isWithinLimit('announce', infoHash)) return
    const refusal = swarms.refusal(infoHash)
    const looking = refusal === 'untracked' ? unknown?.lookUp(infoHash) : null
    if (!looking) this.#enter(message, refusal)
    else {
      looking
        .then(away => {
          if (!this.#isClosed) this.#enter(message, away ?? swarms.refusal(infoHash))
        })
        .catch(onError)
    }
  }

  #enter(message: TabAnnounce, refusal: Refusal | undefined): void {
    const { relay, swarms } = this.#context
    const { infoHash, peerId, report } = message
    if (refusal !== undefined) {
      this.#fail(refusal, 'announce', infoHash.value)
      return
    }
    const known = this.#peers.find(infoHash.value)
    const isStopping = report.event === 'stopped'
    if (known === undefined ? isStopping : known.id !== peerId.value) {
      // Peers cost nothing: one connection is one of them.
      this.#fail(isStopping ? 'stranger' : 'other_peer_id', 'announce', infoHash.value)
      return
    }
    const peer = known ?? this.#join(message)
    if (peer === undefined) return
    if (known !== undefined) swarms.reportTab(known, report)
    if (isStopping) {
      swarms.leaveTab(peer)
      this.#peers.remove(peer)
    }
    if (relay === null || isStopping) this.#answer(message, peer)
    else {
      if (known === undefined) relay.joined(message)
      relay.whenKnown([infoHash.value], () => this.#answer(message, peer))
    }
  }

  /** The peer may have left meanwhile. */
  #answer(message: TabAnnounce, peer: TabPeer): void {
    this.#reply(message, peer)
    if (message.offers.length > 0 && peer.at >= 0) this.#relayOffers(message, peer)
  }

  #join({ infoHash, peerId, report }: TabAnnounce): TabPeer | undefined {
    const { limits, swarms } = this.#context
    const most = this.#quota.kind === 'seeder' ? SWARMS_SEEDER_MAX : SWARMS_TAB_MAX
    const peer =
      limits.on && this.#peers.size >= most
        ? 'too_many_swarms'
        : swarms.joinTab(infoHash.value, peerId.value, this, report)
    if (typeof peer === 'string') {
      this.#fail(peer, 'announce', infoHash.value)
      return undefined
    }
    this.#peers.add(peer)
    return peer
  }

  #reply({ infoHash }: TabAnnounce, { swarm }: TabPeer): void {
    const { complete, incomplete } = this.#context.relay?.counts(infoHash.value) ?? swarm
    this.send(
      `{"action":"announce","info_hash":${infoHash.json},"interval":${this.#context.interval()},"complete":${complete},"incomplete":${incomplete}}`,
    )
  }

  #relayOffers(message: TabAnnounce, peer: TabPeer): void {
    const { counters, now, relay } = this.#context
    const count = Math.min(message.offers.length, message.numwant ?? RELAYED_MAX, RELAYED_MAX)
    const { infoHash, peerId } = message
    const offers = count < message.offers.length ? message.offers.slice(0, count) : message.offers
    const here = relay === null ? offers : relay.share(message, peer, offers)
    counters.offers += deliverOffers(
      here,
      { infoHash, peerId, offerer: peer, asking: peer },
      peer.swarm,
      now(),
    )
  }

  #relayAnswer({ infoHash, json, offerId, peerId, toPeerId }: TabAnswer): void {
    const peer = this.#peers.find(infoHash.value)
    const offerer =
      peer?.id === peerId.value ? peer.takeOffer(toPeerId, offerId.value, this.#context.now()) : undefined
    if (offerer === undefined) {
      // Only unexpected answers count against the limit: a seed that many want at once has many to send.
      if (this.#isWithinLimit('announce', infoHash.value))
        this.#fail('no_such_offer', 'announce', infoHash.value)
      return
    }
    offerer.owner.send(answerText({ infoHash, peerId, offerId, json }))
    this.#context.counters.answers += 1
  }

  #scrape(infoHashes: readonly Id[]): void {
    const { counters, limits, relay, swarms } = this.#context
    counters.scrapes.websocket += 1
    if (!this.#isWithinLimit('scrape', undefined)) return
    if (limits.scrape === 'none') {
      this.#fail('scrape_off', 'scrape', infoHashes[0])
      return
    }
    const answer = () => {
      const files = infoHashes.map(infoHash => [infoHash, (relay ?? swarms).counts(infoHash)])
      this.send(toJson({ action: 'scrape', files: Object.fromEntries(files) }))
    }
    if (relay === null) answer()
    else relay.whenKnown(infoHashes, answer)
  }

  #invalid({ action, infoHash, reason }: TabMessage & { kind: 'invalid' }): void {
    if (this.#isWithinLimit(action, infoHash)) this.#fail('invalid', action, infoHash, reason)
  }

  /** Counts a message. Beyond the limit it is refused, and after too many of those the connection is closed. */
  #isWithinLimit(action: 'announce' | 'scrape' | undefined, infoHash: Id | undefined): boolean {
    const { limits, now } = this.#context
    if (!limits.on || this.#quota.kind === 'seeder') return true
    const at = now()
    if (this.#announces.take(at) && this.#quota.announces.take(at)) {
      this.#timesOver = 0
      return true
    }
    this.#timesOver += 1
    if (this.#timesOver > OVER_LIMIT_MAX) {
      this.#context.counters.refused('too_many_announces')
      this.#link.refuse('too_many_announces')
    } else {
      this.#fail('too_many_announces', action, infoHash)
    }
    return false
  }

  /**
   * Stock clients disconnect or crash on an error without an action, or an announce error without an info hash. Where we
   * cannot name these, the connection is closed instead.
   */
  #fail(
    reason: Refusal,
    action: 'announce' | 'scrape' | undefined,
    infoHash: Id | undefined,
    detail: string = REFUSALS[reason],
  ): void {
    this.#context.counters.refused(reason)
    if (action === undefined || (action === 'announce' && infoHash === undefined)) {
      this.#link.refuse(reason, detail)
    } else {
      this.send(toJson({ action, info_hash: infoHash, 'failure reason': detail }))
    }
  }
}
