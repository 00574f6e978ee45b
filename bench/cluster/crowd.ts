/**
 * A node without sockets, in a process of its own, with many peers: `node crowd.ts PEERS SWARMS [REDIS]`. Sends `full` when all have joined, and
 * after a message with seconds and an interval what an announce took.
 */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { Tab } from '../../server/tracker/tabs/tab.ts'
import { percentile } from '../support.ts'
import { announceText, idOf } from './messages.ts'
import { type Node, openNode } from './node.ts'

export interface Announcing {
  readonly seconds: number
  /** Seconds after which each peer announces again. */
  readonly interval: number
}

export interface Took {
  readonly announces: number
  /** Microseconds of CPU time an announce, with all that follows from it here. */
  readonly cpu: number
  /** Part of a core. */
  readonly busy: number
  readonly rss: number
  /** Offers that left their node. */
  readonly away: number
  /** Of the milliseconds from an announce to each of its answers. */
  readonly median: number
  readonly p99: number
}

const [peers, swarms, redis] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]]
/** Peers that join before others have their turn. */
const JOINING_MAX = 200

const sentAt = new Map<string, number>()
let roundTrips: number[] = []
let turn = 0

function openPeer(node: Node, infoHash: string, id: string): () => void {
  const tab: Tab = node.open(text => {
    const offerId = /"offer_id":"([^"]+)"/.exec(text)?.[1] ?? ''
    if (text.includes('"offer":')) {
      const from = /"peer_id":"([^"]+)"/.exec(text)?.[1] ?? ''
      const answer = `{"action":"announce","info_hash":"${infoHash}","peer_id":"${id}","to_peer_id":"${from}","offer_id":"${offerId}","answer":{"type":"answer","sdp":"v=0"}}`
      queueMicrotask(() => tab.receive(answer))
    } else if (text.includes('"answer":')) {
      const sent = sentAt.get(offerId)
      if (sent !== undefined) roundTrips.push(performance.now() - sent)
    }
  })
  const join = { action: 'announce', info_hash: infoHash, peer_id: id, numwant: 0, left: 1 }
  tab.receive(JSON.stringify(join))
  return () => {
    turn += 1
    const prefix = `${process.pid}-${turn}`
    const now = performance.now()
    for (let offer = 0; offer < 5; offer += 1) sentAt.set(idOf(`${prefix}-`, offer), now)
    tab.receive(announceText(infoHash, id, prefix))
  }
}

const node = await openNode(redis, 'measured')
const announcers: (() => void)[] = []
for (let at = 0; at < peers; at += 1) {
  announcers.push(openPeer(node, idOf('s', at % swarms), idOf(`${process.pid}-`, at)))
  if (at % JOINING_MAX === 0) await nextTurn()
}
process.send?.('full')

process.on('message', async ({ interval, seconds }: Announcing) => {
  const rate = announcers.length / interval
  const sent = () => node.relay?.counters.offers.sent ?? 0
  roundTrips = []
  sentAt.clear()
  const [cpuBefore, awayBefore] = [process.cpuUsage(), sent()]
  const start = performance.now()
  let announces = 0
  while (performance.now() - start < seconds * 1000) {
    const due = ((performance.now() - start) / 1000) * rate
    while (announces < due) {
      announces += 1
      announcers[Math.floor(Math.random() * announcers.length)]?.()
    }
    await delay(1)
  }
  const { system, user } = process.cpuUsage(cpuBefore)
  const elapsed = performance.now() - start
  await delay(500)
  process.send?.({
    announces,
    cpu: (user + system) / announces,
    busy: (user + system) / 1000 / elapsed,
    rss: process.memoryUsage().rss,
    away: sent() - awayBefore,
    median: percentile(roundTrips, 0.5),
    p99: percentile(roundTrips, 0.99),
  } satisfies Took)
})
process.on('disconnect', () => process.exit())
