/**
 * Stands for other nodes, in a process of its own: `node neighbours.ts REDIS COUNT PEERS SWARMS`. Each writes the counts that so many peers would
 * make, answers every offer, and sends the node `measured` the offers that would come from its announces. Sends `ready` once that
 * node is known; after a message with seconds and an interval, what came of it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '../../server/base/log.ts'
import { decodeBatch, encodeBatch } from '../../server/tracker/relay/batch.ts'
import { type Bus, type NodeId, type NodeSummary, nodeName } from '../../server/tracker/relay/bus.ts'
import { openRedis } from '../../server/tracker/relay/redis/open.ts'
import { percentile } from '../support.ts'
import { idOf, offerText } from './messages.ts'

export interface Emulating {
  readonly seconds: number
  /** Seconds after which each peer announces again. */
  readonly interval: number
}

export interface Emulated {
  /** Offers that went to the measured node, and answers that came back. */
  readonly offers: number
  readonly answers: number
  /** 99th percentile of the milliseconds from an offer to its answer. */
  readonly p99: number
}

const [redis = '', ...numbers] = process.argv.slice(2)
const [count, peers, swarms] = numbers.map(Number) as [number, number, number]
const BEAT_MS = 5_000
const WRITE_AT_ONCE = 500
const GATHER_MS = 5
const MEASURED = 'measured'
/** Of the five offers of an announce, those that leave their node. */
const OFFERS_AWAY = 2

const sentAt = new Map<string, number>()
let roundTrips: number[] = []
let sent = 0

class Neighbour {
  readonly bus: Bus
  measured: NodeId | undefined
  readonly #waiting = new Map<NodeId, string[]>()
  #answersSent = 0

  constructor(bus: Bus) {
    this.bus = bus
    bus.listen({
      onMessage: bytes => this.#receive(bytes),
      onUp: () => undefined,
      onDown: () => process.exit(1),
    })
    setInterval(() => this.#flush(), GATHER_MS)
  }

  async write(): Promise<void> {
    const each = Math.ceil(peers / swarms)
    const counts = { seeds: 1, leechers: each - 1, complete: 1, incomplete: each - 1, hasSeed: true }
    for (let at = 0; at < swarms; at += WRITE_AT_ONCE) {
      const length = Math.min(WRITE_AT_ONCE, swarms - at)
      await this.bus.write(new Map(Array.from({ length }, (_, of) => [idOf('s', at + of), counts])))
    }
  }

  async beat(): Promise<void> {
    const about = { since: 0, complete: 0, incomplete: peers, tabs: peers, classic: 0, swarms: 0 }
    const own: NodeSummary = {
      ...{ node: this.bus.node, ...about, connections: 0, downloaded: 0, bytes: 0 },
      busiest: [],
    }
    const others = await this.bus.beat(own)
    this.measured = others.find(({ node }) => nodeName(node) === MEASURED)?.node
  }

  send(to: NodeId, text: string): void {
    const waiting = this.#waiting.get(to) ?? []
    waiting.push(text)
    this.#waiting.set(to, waiting)
  }

  #receive(bytes: Buffer): void {
    const batch = decodeBatch(bytes)
    for (const text of batch?.messages ?? []) {
      const of = (name: string) => new RegExp(`"${name}":"([^"]+)"`).exec(text)?.[1]
      if (text.includes('"answer":')) {
        const at = sentAt.get(of('offer_id') ?? '')
        if (at !== undefined) roundTrips.push(performance.now() - at)
        continue
      }
      for (const [, offerId] of text.matchAll(/"offer_id":"([^"]+)"/g)) {
        this.send(
          batch?.from ?? '',
          `{"action":"announce","info_hash":"${of('info_hash')}","peer_id":"${idOf('far', 1)}","to_peer_id":"${of('peer_id')}","offer_id":"${offerId}","answer":{"type":"answer","sdp":"v=0"}}`,
        )
      }
    }
  }

  #flush(): void {
    for (const [to, messages] of this.#waiting) {
      this.#waiting.delete(to)
      const batch = { from: this.bus.node, answersBefore: this.#answersSent, messages }
      this.#answersSent += messages.filter(text => text.includes('"answer":')).length
      this.bus.send(to, encodeBatch(batch)).catch(() => process.exit(1))
    }
  }
}

const neighbours = await Promise.all(
  Array.from({ length: count }, async (_, at) => {
    const shared = await openRedis({
      ...{ redis, node: `neighbour${at}`, clusterId: undefined },
      log: createLog('silent'),
    })
    if (shared === null) throw new Error('no Redis')
    return new Neighbour(shared.bus)
  }),
)
const beat = () => Promise.all(neighbours.map(neighbour => neighbour.beat()))
while (neighbours.some(({ measured }) => measured === undefined)) {
  await beat().catch(() => undefined)
  await delay(500)
}
setInterval(() => void beat(), BEAT_MS)
for (const neighbour of neighbours) await neighbour.write()
process.send?.('ready')

process.on('message', async ({ interval, seconds }: Emulating) => {
  // Of what all of them send, the measured node gets its part.
  const rate = peers / interval
  roundTrips = []
  const start = performance.now()
  let announces = 0
  while (performance.now() - start < seconds * 1000) {
    const due = ((performance.now() - start) / 1000) * rate
    for (; announces < due; announces += 1) {
      const neighbour = neighbours[announces % count] as Neighbour
      const turn = `${announces}-`
      for (let offer = 0; offer < OFFERS_AWAY; offer += 1) sentAt.set(idOf(turn, offer), performance.now())
      sent += OFFERS_AWAY
      const infoHash = idOf('s', Math.floor(Math.random() * swarms))
      neighbour.send(neighbour.measured ?? '', offerText(infoHash, idOf('far', announces), turn, OFFERS_AWAY))
    }
    await delay(GATHER_MS)
  }
  await delay(500)
  const answers = roundTrips.length
  process.send?.({ offers: sent, answers, p99: percentile(roundTrips, 0.99) } satisfies Emulated)
})
process.on('disconnect', () => process.exit())
