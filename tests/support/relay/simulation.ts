import { Access } from '../../../server/tracker/access.ts'
import { AddressQuota } from '../../../server/tracker/address-quotas.ts'
import { Counters } from '../../../server/tracker/counters.ts'
import { ClusterRelay } from '../../../server/tracker/relay/cluster-relay.ts'
import type { Timing } from '../../../server/tracker/relay/timing.ts'
import { Swarms } from '../../../server/tracker/swarms/swarms.ts'
import { Tab } from '../../../server/tracker/tabs/tab.ts'
import type { MemoryBus, MemoryHub } from './memory-bus.ts'

export const HASH = 'h'.repeat(20)

/** A clock that only `run` moves, with what is to happen. */
export class VirtualClock implements Timing {
  #now = 0
  #order = 0
  /** A heap, the earliest on top. */
  readonly #events: { readonly at: number; readonly order: number; readonly step: () => void }[] = []

  readonly now = (): number => this.#now
  readonly clock = this.now

  readonly after = (ms: number, step: () => void): void => {
    const events = this.#events
    this.#order += 1
    events.push({ at: this.#now + ms, order: this.#order, step })
    for (let at = events.length - 1; at > 0; ) {
      const up = (at - 1) >> 1
      if (!isBefore(events[at], events[up])) break
      swap(events, at, up)
      at = up
    }
  }

  /** Runs everything until `end`, in order. */
  async run(end: number): Promise<void> {
    for (;;) {
      const next = this.#events[0]
      if (next === undefined || next.at > end) break
      this.#take()
      this.#now = next.at
      next.step()
      // What promises wait for it goes on before anything else happens.
      for (let turn = 0; turn < 16; turn += 1) await null
    }
    this.#now = end
  }

  #take(): void {
    const events = this.#events
    const last = events.pop()
    if (last === undefined || events.length === 0) return
    events[0] = last
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const least = isBefore(events[left + 1], events[left]) ? left + 1 : left
      if (!isBefore(events[least], events[at])) break
      swap(events, at, least)
      at = least
    }
  }
}

interface Ordered {
  readonly at: number
  readonly order: number
}

const isBefore = (a: Ordered | undefined, b: Ordered | undefined): boolean =>
  a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order))

function swap<T>(list: T[], a: number, b: number): void {
  const kept = list[a] as T
  list[a] = list[b] as T
  list[b] = kept
}

/** A sequence of numbers in [0, 1) that `seed` decides (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A node with the tracker's own parts, and a bus of the test. */
export class SimulatedNode {
  readonly bus: MemoryBus
  readonly swarms: Swarms
  readonly relay: ClusterRelay
  readonly #context: ConstructorParameters<typeof Tab>[1]

  constructor(hub: MemoryHub, name: string) {
    const counters = new Counters()
    const { timing } = hub
    this.swarms = new Swarms({ access: new Access('open'), counters, now: timing.now, limited: true })
    this.bus = hub.open(`${name}~${name.padEnd(8, '0')}`)
    this.relay = new ClusterRelay({
      bus: this.bus,
      swarms: this.swarms,
      counters,
      timing,
      summary: () => ({
        since: 0,
        complete: 0,
        incomplete: 0,
        tabs: 0,
        classic: 0,
        connections: 0,
        downloaded: 0,
        bytes: 0,
        busiest: [],
      }),
    })
    this.swarms.onChanged = swarm => this.relay.changed(swarm)
    this.#context = {
      swarms: this.swarms,
      counters,
      limits: { on: false, scrape: 'specific' },
      relay: this.relay,
      now: timing.now,
      interval: () => (this.relay.isUp ? 120 : 75),
      onAnnounced: undefined,
      onError: reason => {
        throw reason
      },
    }
  }

  open(link: ConstructorParameters<typeof Tab>[0]): Tab {
    return new Tab(link, this.#context, new AddressQuota())
  }
}

interface PeerOptions {
  readonly id: string
  readonly seed?: boolean
  readonly answers?: boolean
}

/** A client that announces with five offers each interval, and answers those of others. */
export class SimulatedPeer {
  readonly id: string
  /** Peers whose offers or answers came: those that it is connected to, once both have what they need. */
  readonly answeredBy = new Set<string>()
  readonly offersFrom: string[] = []
  probed = 0
  interval = 120
  counts = { complete: 0, incomplete: 0 }
  readonly #timing: Timing
  readonly #options: PeerOptions
  #tab: Tab | null = null
  #offers = 0

  constructor(timing: Timing, options: PeerOptions) {
    this.#timing = timing
    this.#options = options
    this.id = options.id
  }

  connect(node: SimulatedNode): void {
    const tab = node.open({
      send: text => this.#received(text, tab),
      refuse: reason => {
        throw new Error(`refused: ${reason}`)
      },
      probe: () => {
        this.probed += 1
      },
    })
    this.#tab = tab
  }

  /** The connection breaks, and the node does not notice. */
  lose(): void {
    this.#tab = null
  }

  /** The connection ends. */
  close(): void {
    this.#tab?.closed()
    this.#tab = null
  }

  /** Announces now, and again after each interval. */
  join(): void {
    this.announce()
    const tab = this.#tab
    this.#timing.after(this.interval * 1000, () => {
      if (this.#tab === tab && tab !== null) this.join()
    })
  }

  announce(): void {
    const offers = Array.from({ length: 5 }, () => {
      this.#offers += 1
      return { offer_id: `o${this.#offers}`.padEnd(20, '.'), offer: { type: 'offer', sdp: 'v=0' } }
    })
    this.#send({ left: this.#options.seed ? 0 : 1, offers })
  }

  #received(text: string, tab: Tab): void {
    if (tab !== this.#tab) return
    const message = JSON.parse(text)
    if ('failure reason' in message) throw new Error(message['failure reason'])
    if ('interval' in message) {
      this.interval = message.interval
      this.counts = { complete: message.complete, incomplete: message.incomplete }
    } else if ('answer' in message) this.answeredBy.add(message.peer_id)
    else if ('offer' in message) {
      this.offersFrom.push(message.peer_id)
      if (this.#options.answers === false) return
      const answer = { answer: { type: 'answer', sdp: 'v=0' }, offer_id: message.offer_id }
      this.#timing.after(50, () => this.#send({ ...answer, to_peer_id: message.peer_id }))
    }
  }

  #send(message: object): void {
    this.#tab?.receive(JSON.stringify({ action: 'announce', info_hash: HASH, peer_id: this.id, ...message }))
  }
}

/** Whether offers and answers between them connect all of `peers`. */
export function isConnected(peers: readonly SimulatedPeer[]): boolean {
  const near = new Map<string, Set<string>>(peers.map(({ id }) => [id, new Set()]))
  for (const { answeredBy, id } of peers) {
    for (const other of answeredBy) {
      near.get(id)?.add(other)
      near.get(other)?.add(id)
    }
  }
  const reached = new Set<string>()
  const open = [peers[0]?.id ?? '']
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (reached.has(id)) continue
    reached.add(id)
    open.push(...(near.get(id) ?? []))
  }
  return reached.size === peers.length
}
