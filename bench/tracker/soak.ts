/**
 * Our tracker under churn: WebSockets that connect, announce with offers, answer, and disconnect without a `stopped` after a
 * random time. Prints memory regularly; what remains at the end, without any peers, must not grow with the duration.
 *
 *     node bench/tracker/soak.ts [--minutes 10 --sockets 2000]
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { print } from '../support.ts'
import { Peer, randomId } from './peers.ts'
import { startTracker } from './start.ts'

const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, sockets: { type: 'string', default: '2000' } },
})
const sockets = Number(options.sockets)
const minutes = Number(options.minutes)
/** A socket lives 10 s on average, and announces about once a second. */
const LIFE_MS = 20_000
const PAUSE_MS = 2_000
const SWARMS = Array.from({ length: 50 }, randomId)

const tracker = await startTracker('tabseed')
const end = performance.now() + minutes * 60_000
let opened = 0
let announces = 0

async function live(): Promise<void> {
  while (performance.now() < end) {
    const swarm = SWARMS[Math.floor(Math.random() * SWARMS.length)] ?? ''
    const peer = await new Peer(tracker.url, swarm, null).opened()
    opened += 1
    const until = Math.min(end, performance.now() + Math.random() * LIFE_MS)
    while (performance.now() < until) {
      await peer.announce(2, Math.random() < 0.3 ? 0 : 1)
      announces += 1
      await delay(Math.random() * PAUSE_MS)
    }
    peer.close()
  }
}

const MB = 1e6
async function report(when: string): Promise<void> {
  const { heap, rss } = await tracker.ask('memory')
  print(
    `${when}: ${opened} sockets opened, ${announces} announces; heap ${(heap / MB).toFixed(1)} MB, RSS ${(rss / MB).toFixed(1)} MB`,
  )
}

await report('before')
const lives = Array.from({ length: sockets }, live)
const started = performance.now()
while (performance.now() < end - 20_000) {
  await delay(20_000)
  await report(`${Math.round((performance.now() - started) / 1000)} s`)
}
await Promise.all(lives)
await delay(2_000)
await report('all gone')
tracker.stop()
process.exit()
