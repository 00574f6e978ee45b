import type { TabPeer } from '../swarms/swarm.ts'
import type { SentId, SentOffer } from '../tabs/message.ts'
import type { WireText } from '../wire-text.ts'
import { BATCH_MAX_BYTES, encodeBatch, sizeInBatch } from './batch.ts'
import type { Bus, NodeId } from './bus.ts'
import type { RelayCounters } from './relay.ts'
import type { Timing } from './timing.ts'

/**
 * Messages leave when the clock shows a multiple of this, on all nodes at once: a node wakes up for what it sends to all others, what
 * they send, and what became of it, instead of for each. Where clocks differ, only that is lost.
 */
const GATHER_MS = 5
/** Beyond so many waiting bytes for one node, further offers for it are dropped; of answers, which somebody waits for, four times as many wait. */
const OFFERS_MAX_BYTES = BATCH_MAX_BYTES
const ANSWERS_MAX_BYTES = 4 * BATCH_MAX_BYTES

/** Offers of one announce for one node. */
export interface OutgoingOffers {
  readonly peer: TabPeer
  readonly infoHash: SentId
  readonly peerId: SentId
  readonly offers: readonly SentOffer[]
}

type Item =
  | { readonly kind: 'offers'; readonly text: WireText; readonly what: OutgoingOffers }
  | { readonly kind: 'answer' | 'probe'; readonly text: WireText }

interface Queue {
  items: Item[]
  bytes: number
  /** One batch at a time is on its way, so that its successor knows what became of it. */
  isSending: boolean
  /** See `Batch`. */
  answersSent: number
}

interface OutgoingOptions {
  readonly bus: Bus
  readonly timing: Timing
  readonly counters: RelayCounters
  /** The node received nothing: it is gone, or this one is cut off. */
  readonly onUndelivered: (node: NodeId, offers: readonly OutgoingOffers[]) => void
}

/** Messages to other nodes, gathered into batches. What cannot be sent is dropped and counted, never kept for later. */
export class Outgoing {
  readonly #options: OutgoingOptions
  readonly #queues = new Map<NodeId, Queue>()
  #isScheduled = false

  constructor(options: OutgoingOptions) {
    this.#options = options
  }

  /** False when too much waits for that node already. */
  offer(node: NodeId, text: WireText, what: OutgoingOffers): boolean {
    return this.#add(node, { kind: 'offers', text, what }, OFFERS_MAX_BYTES)
  }

  answer(node: NodeId, text: WireText): void {
    const { answers } = this.#options.counters
    answers.sent += 1
    if (!this.#add(node, { kind: 'answer', text }, ANSWERS_MAX_BYTES)) answers.lost += 1
  }

  /** Lets a node check whether it still has a peer that joined here. */
  probe(node: NodeId, text: WireText): void {
    this.#add(node, { kind: 'probe', text }, OFFERS_MAX_BYTES)
  }

  /** Tells nodes how many answers they should have by now, so that lost ones are counted although none follow. Call now and then. */
  report(): void {
    for (const [node, queue] of this.#queues) {
      if (queue.answersSent > 0 && !queue.isSending && queue.items.length === 0)
        this.#sendBatch(node, queue, [])
    }
  }

  /** A node that is gone for good. */
  forget(node: NodeId): void {
    const queue = this.#queues.get(node)
    if (queue !== undefined && queue.items.length === 0 && !queue.isSending) this.#queues.delete(node)
  }

  #add(node: NodeId, item: Item, most: number): boolean {
    const queue = this.#queueOf(node)
    const size = sizeInBatch(item.text)
    if (queue.bytes + size > most) return false
    queue.items.push(item)
    queue.bytes += size
    if (!queue.isSending) this.#schedule()
    return true
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    const { timing } = this.#options
    timing.after(GATHER_MS - (timing.clock() % GATHER_MS), () => this.#send())
  }

  #queueOf(node: NodeId): Queue {
    const known = this.#queues.get(node)
    if (known !== undefined) return known
    const queue: Queue = { items: [], bytes: 0, isSending: false, answersSent: 0 }
    this.#queues.set(node, queue)
    return queue
  }

  #send(): void {
    this.#isScheduled = false
    for (const [node, queue] of this.#queues) {
      if (!queue.isSending && queue.items.length > 0) this.#sendBatch(node, queue, takeBatch(queue))
    }
  }

  #sendBatch(node: NodeId, queue: Queue, batch: readonly Item[]): void {
    const answers = batch.filter(({ kind }) => kind === 'answer').length
    const bytes = encodeBatch({
      from: this.#options.bus.node,
      answersBefore: queue.answersSent,
      messages: batch.map(({ text }) => text),
    })
    queue.isSending = true
    const done = (isReceived: boolean) => {
      queue.isSending = false
      if (isReceived) {
        queue.answersSent += answers
      } else {
        this.#options.counters.answers.lost += answers
        const offers = batch.flatMap(item => (item.kind === 'offers' ? [item.what] : []))
        this.#options.onUndelivered(node, offers)
      }
      // Not at once: under load each batch would have what came during the one before, which is little.
      if (queue.items.length > 0) this.#schedule()
    }
    this.#options.bus.send(node, bytes).then(done, () => done(false))
  }
}

/** Takes as much as one batch holds, answers first: somebody waits for them. */
function takeBatch(queue: Queue): Item[] {
  const batch: Item[] = []
  const rest: Item[] = []
  let bytes = 0
  for (const isAnswer of [true, false]) {
    for (const item of queue.items) {
      if ((item.kind === 'answer') !== isAnswer) continue
      const size = sizeInBatch(item.text)
      const fits = batch.length === 0 || (rest.length === 0 && bytes + size <= BATCH_MAX_BYTES)
      if (fits) {
        batch.push(item)
        bytes += size
      } else rest.push(item)
    }
  }
  queue.items = rest
  queue.bytes -= bytes
  return batch
}
