/**
 * Our tracker and bittorrent-tracker side by side, each in a process of its own. Closed loop: every peer announces with
 * five offers, waits for the reply and announces again, and answers each offer it gets. The CPU time is the tracker's own
 * (process.cpuUsage), so that the speed of the peers does not matter. Then the memory of idle peers.
 *
 *     npm run bench:tracker [-- --sizes 10,100,1000,10000 --announces 10000 --rounds 3 --idle 10000 --swarms 100000]
 */
import { parseArgs } from 'node:util'
import { median, print } from './support.ts'
import { fillSwarms, openPeers } from './tracker/peers.ts'
import { type Contender, startTracker } from './tracker/start.ts'

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10,100,1000,10000' },
    announces: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    idle: { type: 'string', default: '10000' },
    swarms: { type: 'string', default: '100000' },
  },
})
const ANNOUNCES = Number(options.announces)
const WARM_UP = 5_000
const PEERS_MIN = 400
/** Announces in flight at any time. */
const LOOPS = 100

const CONTENDERS: readonly Contender[] = ['tabseed', 'stock']

interface Load {
  /** Microseconds of the tracker's CPU for an announce with its five offers and their answers. */
  readonly cpu: number
  /** Announces a second; the peers are in this process and take most of the machine. */
  readonly rate: number
  /** 99th percentile of the milliseconds from an announce to each of its answers. */
  readonly p99: number
}

/** Load in swarms of `size` peers, beside `swarms` others of one peer each. */
async function load(contender: Contender, size: number, swarms = 0): Promise<Load> {
  const tracker = await startTracker(contender)
  const leave = await fillSwarms(tracker.url, swarms)
  const roundTrips: number[] = []
  const peers = await openPeers(tracker.url, Math.max(PEERS_MIN, size), size, roundTrips)
  const run = async (announces: number) => {
    let left = announces
    let turn = 0
    const loop = async () => {
      while (left > 0) {
        left -= 1
        turn += 1
        await peers[(turn * 7) % peers.length]?.announce()
      }
    }
    await Promise.all(Array.from({ length: LOOPS }, loop))
  }
  // Warm-up: afterwards the code is compiled, as in a tracker that has run for a minute.
  await run(WARM_UP)
  roundTrips.length = 0
  const start = performance.now()
  const before = await tracker.ask('cpu')
  await run(ANNOUNCES)
  const after = await tracker.ask('cpu')
  const seconds = (performance.now() - start) / 1000
  for (const peer of peers) peer.close()
  leave()
  tracker.stop()
  roundTrips.sort((a, b) => a - b)
  return {
    cpu: (after.cpu - before.cpu) / ANNOUNCES,
    rate: ANNOUNCES / seconds,
    p99: roundTrips[Math.floor(roundTrips.length * 0.99)] ?? Number.NaN,
  }
}

async function idle(contender: Contender, count: number) {
  const tracker = await startTracker(contender)
  // A few first, so that what is loaded once does not count.
  const first = await openPeers(tracker.url, 100, 10)
  const before = await tracker.ask('memory')
  const peers = await openPeers(tracker.url, count, 10)
  const after = await tracker.ask('memory')
  for (const peer of [...first, ...peers]) peer.close()
  tracker.stop()
  return { heap: (after.heap - before.heap) / count, rss: (after.rss - before.rss) / count }
}

const cell = (value: number, digits = 0) => value.toFixed(digits).padStart(12)

print(`${ANNOUNCES} announces, median of ${options.rounds}; µs of the tracker's CPU, ms offer to answer`)
print(
  `${'swarm of'.padEnd(10)}${['tabseed', 'stock', 'ratio', 'p99', 'stock p99', 'ann./s', 'stock'].map(title => title.padStart(12)).join('')}`,
)
for (const size of options.sizes.split(',').map(Number)) {
  const rounds: Record<Contender, Load[]> = { tabseed: [], stock: [] }
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const contender of CONTENDERS) rounds[contender].push(await load(contender, size))
  }
  const of = (contender: Contender, key: keyof Load) => median(rounds[contender].map(one => one[key]))
  const ratio = of('tabseed', 'cpu') / of('stock', 'cpu')
  print(
    `${String(size).padEnd(10)}${cell(of('tabseed', 'cpu'))}${cell(of('stock', 'cpu'))}${cell(ratio, 2)}${cell(of('tabseed', 'p99'))}${cell(of('stock', 'p99'))}${cell(of('tabseed', 'rate'))}${cell(of('stock', 'rate'))}`,
  )
}
const swarms = Number(options.swarms)
if (swarms > 0) {
  const rounds: Record<'alone' | 'among', Load[]> = { alone: [], among: [] }
  for (let round = 0; round < Number(options.rounds); round += 1) {
    rounds.alone.push(await load('tabseed', 10))
    rounds.among.push(await load('tabseed', 10, swarms))
  }
  const [alone, among] = [rounds.alone, rounds.among].map(those => median(those.map(({ cpu }) => cpu)))
  print(
    `tabseed, swarms of 10 among ${swarms} others: ${among?.toFixed(0)} µs, alone ${alone?.toFixed(0)} µs`,
  )
}
const count = Number(options.idle)
if (count > 0) {
  for (const contender of CONTENDERS) {
    const { heap, rss } = await idle(contender, count)
    print(
      `${contender}: an idle peer of ${count} takes ${(heap / 1000).toFixed(2)} kB of heap, ${(rss / 1000).toFixed(2)} kB of RSS`,
    )
  }
}
process.exit()
