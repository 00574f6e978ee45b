/**
 * Fuzzes every parser of the tracker in this process: WebSocket frames, messages, HTTP queries and UDP packets, valid ones
 * with random changes. Nothing may throw, and memory must not grow.
 *
 *     npm run fuzz:tracker [-- --cases 200000 --seed 1]
 */
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { Access } from '../../server/tracker/access.ts'
import { AddressQuota } from '../../server/tracker/address-quotas.ts'
import { ClassicPeers } from '../../server/tracker/classic/classic-peers.ts'
import { announceOverHttp, scrapeOverHttp } from '../../server/tracker/classic/http-announce.ts'
import { readUdpRequest } from '../../server/tracker/classic/udp-packets.ts'
import { Counters } from '../../server/tracker/counters.ts'
import { Swarms } from '../../server/tracker/swarms/swarms.ts'
import { Tab } from '../../server/tracker/tabs/tab.ts'
import { FrameReader } from '../../server/tracker/websocket/frame-reader.ts'
import { print } from '../support.ts'

const { values: options } = parseArgs({
  options: { cases: { type: 'string', default: '200000' }, seed: { type: 'string', default: '1' } },
})
const cases = Math.ceil(Number(options.cases) / 4)
const seed = Number(options.seed)

let now = 0
const counters = new Counters()
const limits = { on: false, scrape: 'all' } as const
const swarms = new Swarms({ access: new Access('open'), counters, now: () => now, limited: true })
const context = {
  swarms,
  counters,
  limits,
  now: () => now,
  interval: () => 120,
  onAnnounced: undefined,
  onError: (reason: unknown) => {
    throw reason
  },
  relay: null,
}
const peers = new ClassicPeers(context)
const quota = new AddressQuota()

/** Every message that a tab gets must be JSON. */
const newTab = () =>
  new Tab(
    {
      send: text => void JSON.parse(Buffer.from(text, 'latin1').toString()),
      refuse: () => {},
      probe: () => {},
    },
    context,
    quota,
  )
let tabs = [newTab(), newTab()]

const id = fc.oneof(
  fc.constantFrom('a'.repeat(20), 'b'.repeat(20), '\u0000\u00ff'.repeat(10)),
  fc.string({ minLength: 20, maxLength: 20 }),
)
const odd = fc.oneof(id, fc.jsonValue({ maxDepth: 2 }), fc.double(), fc.constant(null))
const description = fc.record({
  type: fc.constantFrom('offer', 'answer'),
  sdp: fc.string({ unit: 'binary' }),
})
const message = fc.record(
  {
    action: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('announce', 'scrape') },
      { weight: 1, arbitrary: odd },
    ),
    info_hash: fc.oneof({ weight: 9, arbitrary: id }, { weight: 1, arbitrary: odd }),
    peer_id: fc.oneof({ weight: 9, arbitrary: id }, { weight: 1, arbitrary: odd }),
    to_peer_id: id,
    offer_id: fc.oneof({ weight: 9, arbitrary: id }, { weight: 1, arbitrary: odd }),
    left: fc.oneof(fc.nat(2), odd),
    numwant: fc.oneof(fc.nat(10), odd),
    downloaded: fc.oneof(fc.maxSafeNat(), odd),
    event: fc.oneof(fc.constantFrom('started', 'stopped', 'completed', 'update'), odd),
    offers: fc.oneof(fc.array(fc.record({ offer: description, offer_id: id }), { maxLength: 12 }), odd),
    answer: fc.oneof(description, odd),
  },
  { requiredKeys: ['action', 'info_hash', 'peer_id'] },
)
const text = message.map(value => JSON.stringify(value))
/** `bytes` with some of them changed. */
const mutated = (bytes: fc.Arbitrary<Buffer>) =>
  fc.tuple(bytes, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })).map(([whole, changes]) => {
    const copy = Buffer.from(whole)
    for (const [at, byte] of changes) if (copy.length > 0) copy[at % copy.length] = byte
    return copy
  })

function maskedFrame(payload: Buffer, opcode: number): Buffer {
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0x80 | 126, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), payload])
}

const frames = fc
  .array(fc.tuple(text, fc.constantFrom(1, 1, 1, 2, 9, 0, 8)), { maxLength: 3 })
  .map(list =>
    Buffer.concat(
      list.map(([payload, opcode]) => maskedFrame(Buffer.from(payload).subarray(0, 60_000), opcode)),
    ),
  )
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'info_hash',
        'peer_id',
        'port',
        'left',
        'event',
        'numwant',
        'downloaded',
        'ip',
        'compact',
      ),
      fc.oneof(
        id.map(encodeURIComponent),
        fc.nat().map(String),
        fc.string(),
        fc.constantFrom('started', 'stopped', '%', '%zz'),
      ),
    ),
    { maxLength: 9 },
  )
  .map(pairs => pairs.map(pair => pair.join('=')).join('&'))

function feed(chunk: Buffer): void {
  const tab = tabs[chunk.length % 2]
  const reader = new FrameReader(
    {
      message: received => tab?.receive(received),
      ping: () => {},
      pong: () => {},
      closing: () => {},
      failed: () => {},
    },
    { messageMax: 65_536, fragmentsMax: 16 },
  )
  reader.push(chunk.subarray(0, chunk.length >> 1))
  reader.push(chunk.subarray(chunk.length >> 1))
  advance()
}

function receive(received: string): void {
  tabs[0]?.receive(Buffer.from(received).toString('latin1'))
  advance()
}

/** Advances the clock; now and then all clients are replaced. */
function advance(): void {
  now += 1_000
  if (now % 1_000_000 > 0) return
  for (const tab of tabs) tab.closed()
  tabs = [newTab(), newTab()]
  now += 60 * 60_000
  swarms.sweep()
}

function run(name: string, property: fc.IRawProperty<unknown>): void {
  const start = performance.now()
  fc.assert(property, { numRuns: cases, seed })
  print(`${name}: ${cases} cases, ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

function heapAfterCollection(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

// Warm-up: the memory that the first cases retain is compiled code.
fc.assert(fc.property(mutated(frames), feed), { numRuns: 2_000, seed })
const before = heapAfterCollection()
run('frames and messages', fc.property(mutated(frames), feed))
run('messages', fc.property(text, receive))
run(
  'HTTP queries',
  fc.property(query, text => {
    const client = { quota, address: '192.0.2.1', serverAddress: undefined }
    const replies = [announceOverHttp(peers, text, client), scrapeOverHttp(peers, text, quota)]
    advance()
    // A server that is alone answers at once.
    return replies.every(reply => !(reply instanceof Promise))
  }),
)
const packet = fc
  .oneof(fc.uint8Array({ maxLength: 120 }), fc.uint8Array({ minLength: 98, maxLength: 98 }))
  .map(Buffer.from)
run(
  'UDP packets',
  fc.property(packet, received => void readUdpRequest(received)),
)
for (const tab of tabs) tab.closed()
now += 60 * 60_000
swarms.sweep()
print(`swarms left: ${swarms.size}; heap grown by ${((heapAfterCollection() - before) / 1e6).toFixed(2)} MB`)
if (swarms.size > 0) process.exitCode = 1
