/**
 * Clients of one node, as tabs are, in a process of their own: `node sockets.ts URL COUNT SWARMS`. Sends `opened` when each has a connection
 * and has announced once, and after a message with seconds and announces a second what they met.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Peer } from '../tracker/peers.ts'
import { idOf } from './messages.ts'

export interface Announcing {
  readonly seconds: number
  /** Announces a second, of all of them. */
  readonly rate: number
}

export interface Met {
  readonly announces: number
  /** Milliseconds from an announce to each of its answers. */
  readonly roundTrips: readonly number[]
}

/** Connections that are opened at once. */
const OPENING_MAX = 50

const [url = '', count = 0, swarms = 1] = [
  process.argv[2],
  Number(process.argv[3]),
  Number(process.argv[4]),
] as const
const roundTrips: number[] = []
const peers: Peer[] = []
for (let at = 0; at < count; at += OPENING_MAX) {
  const some = Array.from(
    { length: Math.min(OPENING_MAX, count - at) },
    (_, of) => new Peer(url, idOf('s', (at + of) % swarms), roundTrips),
  )
  await Promise.all(some.map(async peer => (await peer.opened()).announce(0)))
  peers.push(...some)
}
process.send?.('opened')

process.on('message', async ({ rate, seconds }: Announcing) => {
  roundTrips.length = 0
  let announces = 0
  const start = performance.now()
  while (performance.now() - start < seconds * 1000) {
    const due = ((performance.now() - start) / 1000) * rate
    while (announces < due) {
      announces += 1
      void peers[Math.floor(Math.random() * peers.length)]?.announce()
    }
    await delay(2)
  }
  await delay(1_000)
  process.send?.({ announces, roundTrips } satisfies Met)
})
process.on('disconnect', () => process.exit())
