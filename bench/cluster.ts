/**
 * What several servers cost the tracker: `npm run bench:cluster`. CPU time of an announce with five offers on a server that is alone
 * (`--against DIR`: beside that of another checkout), then of one whose swarm is on two nodes with a Redis of the bench's own,
 * so that two of five offers leave it. The nodes are trackers without sockets in this process, so both sides are counted.
 */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startRedis } from '../tests/support/relay/redis-server.ts'
import { announceText, idOf } from './cluster/messages.ts'
import { type Node, openNode } from './cluster/node.ts'
import { percentile } from './support.ts'

const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '8' },
    peers: { type: 'string', default: '60' },
    swarms: { type: 'string', default: '10' },
  },
})
const ROOT = join(import.meta.dirname, '..')
const [rate, seconds, peers, swarmCount] = [values.rate, values.seconds, values.peers, values.swarms].map(
  Number,
) as [number, number, number, number]
const print = (line: string) => process.stdout.write(`${line}\n`)
const least = (numbers: readonly number[]) => Math.min(...numbers)

/** In turns, so that what else the machine does meets both; the least is what it takes undisturbed. */
function alone(): void {
  const checkouts = values.against === undefined ? [ROOT] : [ROOT, values.against]
  const times = new Map(checkouts.map(checkout => [checkout, [] as number[]]))
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const checkout of checkouts) {
      const script = join(import.meta.dirname, 'cluster/alone.ts')
      const output = execFileSync(process.execPath, [script, checkout], { encoding: 'utf8' })
      times.get(checkout)?.push(Number(output))
    }
  }
  const [own = 0, other] = checkouts.map(checkout => least(times.get(checkout) ?? []))
  print(`alone: ${own.toFixed(2)} µs CPU an announce with 5 offers`)
  if (other !== undefined)
    print(`  the other checkout: ${other.toFixed(2)} µs; this one ${((own / other - 1) * 100).toFixed(1)} %`)
}

/** Announces at the rate, over `nodes`; CPU time an announce of this process and of `redisCpu`, and how long offers and answers took. */
async function load(nodes: readonly Node[], redisCpu: () => Promise<number>) {
  const sentAt = new Map<string, number>()
  const took = { offers: [] as number[], answers: [] as number[], replies: [] as number[] }
  let announces = 0
  const clients = Array.from({ length: peers * swarmCount }, (_, at) => {
    const node = nodes[Math.floor(at / swarmCount) % nodes.length] as Node
    const [infoHash, id] = [idOf('h', at % swarmCount), idOf('p', at)]
    let announcedAt = 0
    const tab = node.open(text => {
      if (text.includes('"interval":')) took.replies.push(performance.now() - announcedAt)
      const offerId = /"offer_id":"([^"]+)"/.exec(text)?.[1] ?? ''
      const from = /"peer_id":"([^"]+)"/.exec(text)?.[1] ?? ''
      if (text.includes('"offer":')) {
        took.offers.push(performance.now() - (sentAt.get(offerId) ?? performance.now()))
        const answer = `{"action":"announce","info_hash":"${infoHash}","peer_id":"${id}","to_peer_id":"${from}","offer_id":"${offerId}","answer":{"type":"answer","sdp":"v=0"}}`
        queueMicrotask(() => tab.receive(answer))
      } else if (text.includes('"answer":'))
        took.answers.push(performance.now() - (sentAt.get(offerId) ?? performance.now()))
    })
    return () => {
      announces += 1
      announcedAt = performance.now()
      for (let offer = 0; offer < 5; offer += 1) sentAt.set(idOf(`${announces}-`, offer), announcedAt)
      tab.receive(announceText(infoHash, id, announces))
    }
  })
  for (const announce of clients) announce()
  await delay(2_000)
  for (const list of Object.values(took)) list.length = 0
  sentAt.clear()
  announces = 0
  const [cpuBefore, redisBefore] = [process.cpuUsage(), await redisCpu()]
  const start = performance.now()
  while (performance.now() - start < seconds * 1000) {
    const due = ((performance.now() - start) / 1000) * rate
    while (announces < due) clients[Math.floor(Math.random() * clients.length)]?.()
    await delay(1)
  }
  const { system, user } = process.cpuUsage(cpuBefore)
  const redis = (await redisCpu()) - redisBefore
  await delay(200)
  const cpu = (user + system) / announces
  return { cpu, user: user / announces, redis: (redis * 1e6) / announces, announces, took }
}

alone()
const single = await load([await openNode(undefined, 'alone')], async () => 0)
print(`one node at ${rate} announces a second, with answers: ${single.cpu.toFixed(0)} µs CPU an announce`)

const redis = await startRedis()
const nodes = await Promise.all(['a', 'b'].map(name => openNode(redis.url, name)))
await delay(1_000)
const pair = await load(nodes, redis.cpuSeconds)
const sent = nodes.reduce((sum, { relay }) => sum + (relay?.counters.offers.sent ?? 0), 0)
print(`two nodes with Redis at the same rate: ${pair.cpu.toFixed(0)} µs CPU an announce, both nodes together`)
const [more, moreOfOurs] = [pair.cpu - single.cpu, pair.user - single.user]
print(
  `  ${more.toFixed(0)} µs more, ${moreOfOurs.toFixed(0)} of them outside the kernel; Redis: ${pair.redis.toFixed(1)} µs`,
)
print(`  ${(sent / (pair.announces + peers * swarmCount)).toFixed(2)} offers of an announce left their node`)
for (const kind of ['replies', 'offers', 'answers'] as const) {
  const added = percentile(pair.took[kind], 0.99) - percentile(single.took[kind], 0.99)
  print(
    `  ${kind}: p99 ${percentile(pair.took[kind], 0.99).toFixed(1)} ms, ${added.toFixed(1)} ms more than on one node`,
  )
}
for (const { relay } of nodes) await relay?.close()
await redis[Symbol.asyncDispose]()
process.exit(0)
