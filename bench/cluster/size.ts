/**
 * How large a cluster can be: `npm run bench:cluster-size`. First real WebSockets over three nodes, each a tracker in a process of its own.
 * Then a million peers on eight nodes: an eighth of them on the node that is measured, a tracker without sockets; seven neighbours of which
 * there is only what such a node meets of them, joined by a Redis of the bench's own; beside it the same eighth on a server that is alone.
 *
 *     npm run bench:cluster-size [-- --sockets 30000 --peers 1000000 --swarms 10000 --interval 120 --seconds 60 --only sockets|peers]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startRedis, type TestRedis } from '../../tests/support/relay/redis-server.ts'
import { MB, percentile, print } from '../support.ts'
import { startTracker } from '../tracker/start.ts'
import type { Took } from './crowd.ts'
import type { Emulated } from './neighbours.ts'
import type { Met } from './sockets.ts'

const { values } = parseArgs({
  options: {
    sockets: { type: 'string', default: '30000' },
    peers: { type: 'string', default: '1000000' },
    swarms: { type: 'string', default: '10000' },
    interval: { type: 'string', default: '120' },
    seconds: { type: 'string', default: '60' },
    only: { type: 'string' },
  },
})
const [sockets, peers, swarms, interval, seconds] = [
  values.sockets,
  values.peers,
  values.swarms,
  values.interval,
  values.seconds,
].map(Number) as [number, number, number, number, number]
const SOCKET_NODES = ['a', 'b', 'c']
const NODES = 8
/** As tabs stand in swarms of thirty. */
const SOCKETS_A_SWARM = 30

async function next<Message>(child: ChildProcess): Promise<Message> {
  const [message] = await once(child, 'message')
  return message as Message
}

/** What Redis did so far: CPU seconds, and bytes in and out. */
async function usageOf(redis: TestRedis) {
  const info = await redis.ask('INFO stats')
  const bytes = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1] ?? Number.NaN)
  const net = bytes('total_net_input_bytes') + bytes('total_net_output_bytes')
  return { cpu: await redis.cpuSeconds(), net, at: performance.now() }
}

/** Prints what Redis did since `before`, in which `announces` were made. */
async function printRedis(
  redis: TestRedis,
  before: { cpu: number; net: number; at: number },
  announces: number,
) {
  const now = await usageOf(redis)
  const elapsed = (now.at - before.at) / 1000
  const cpu = now.cpu - before.cpu
  print(
    `  Redis: ${((cpu / elapsed) * 100).toFixed(0)} % of a core, ${((cpu * 1e6) / announces).toFixed(1)} µs an announce, ${((now.net - before.net) / MB / elapsed).toFixed(1)} MB/s in and out`,
  )
}

const start = (script: string, ...args: (string | number)[]): ChildProcess =>
  fork(join(import.meta.dirname, script), args.map(String))

async function overSockets(): Promise<void> {
  const redis = await startRedis()
  const nodes = await Promise.all(SOCKET_NODES.map(name => startTracker('tabseed', redis.url, name)))
  const idle = await Promise.all(nodes.map(({ ask }) => ask('memory')))
  const each = Math.round(sockets / nodes.length)
  const clients = nodes.map(({ url }) => start('sockets.ts', url, each, Math.ceil(sockets / SOCKETS_A_SWARM)))
  await Promise.all(clients.map(next))
  await delay(5_000)
  const before = await Promise.all(nodes.map(({ ask }) => ask('memory')))
  const redisBefore = await usageOf(redis)
  const rate = each / interval
  const met = await Promise.all(
    clients.map(client => {
      client.send({ seconds, rate })
      return next<Met>(client)
    }),
  )
  const announces = met.reduce((sum, one) => sum + one.announces, 0)
  const roundTrips = met.flatMap(one => one.roundTrips)
  print(
    `${each * nodes.length} WebSockets over ${nodes.length} nodes, ${(announces / seconds).toFixed(0)} announces a second:`,
  )
  await printRedis(redis, redisBefore, announces)
  for (const [index, node] of nodes.entries()) {
    const after = await node.ask('cpu')
    const { away, cpu, rss } = before[index] as NonNullable<(typeof before)[number]>
    const own = met[index]?.announces ?? 1
    print(
      `  node ${SOCKET_NODES[index]}: ${((after.cpu - cpu) / own).toFixed(0)} µs CPU an announce, ${((after.cpu - cpu) / 1e4 / (seconds + 1)).toFixed(1)} % of a core; ${((rss - (idle[index]?.rss ?? 0)) / each / 1000).toFixed(1)} kB a socket; ${((after.away - away) / own).toFixed(2)} offers of an announce left it`,
    )
  }
  print(
    `  ${roundTrips.length} answers; announce to answer: median ${percentile(roundTrips, 0.5).toFixed(1)} ms, p99 ${percentile(roundTrips, 0.99).toFixed(1)} ms`,
  )
  for (const client of clients) client.kill()
  for (const node of nodes) node.stop()
  await redis[Symbol.asyncDispose]()
}

function printTook(what: string, took: Took): void {
  print(
    `  ${what}: ${took.cpu.toFixed(0)} µs CPU an announce, ${(took.busy * 100).toFixed(0)} % of a core, ${(took.rss / MB).toFixed(0)} MB; ${(took.away / took.announces).toFixed(2)} offers of an announce left it; announce to answer: median ${took.median.toFixed(1)} ms, p99 ${took.p99.toFixed(1)} ms`,
  )
}

async function ofAMillion(): Promise<void> {
  const each = peers / NODES
  print(
    `${peers} peers in ${swarms} swarms on ${NODES} nodes, each announces every ${interval} s; ${each} of them on this one:`,
  )
  const alone = start('crowd.ts', each, swarms)
  await next(alone)
  alone.send({ seconds, interval })
  printTook('a server that is alone', await next<Took>(alone))
  alone.kill()
  const redis = await startRedis()
  const node = start('crowd.ts', each, swarms, redis.url)
  const neighbours = start('neighbours.ts', redis.url, NODES - 1, each, swarms)
  await Promise.all([next(node), next(neighbours)])
  // Counts are read and written over some seconds.
  await delay(15_000)
  const before = await usageOf(redis)
  for (const child of [node, neighbours]) child.send({ seconds, interval })
  const [own, far] = await Promise.all([next<Took>(node), next<Emulated>(neighbours)])
  printTook('one of eight nodes', own)
  print(`  offers from the others: ${far.offers}, answered ${far.answers}, p99 ${far.p99.toFixed(1)} ms`)
  await printRedis(redis, before, own.announces)
  for (const child of [node, neighbours]) child.kill()
  await redis[Symbol.asyncDispose]()
}

if (values.only !== 'peers') await overSockets()
if (values.only !== 'sockets') await ofAMillion()
process.exit(0)
