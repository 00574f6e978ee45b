import { createSocket } from 'node:dgram'
import type { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { publishNamed } from '../support/content/shares.ts'
import { sized } from '../support/long.ts'
import { freePort } from '../support/server/free-port.ts'
import { from } from '../support/server/honest.ts'
import { startServer, type TestServer } from '../support/server/test-server.ts'

const MESSAGES = sized({ gate: 5_000, long: 1_000_000 })
/** What is sent at a time. Few over HTTP: most of those end as a page that is rendered, which takes 10 ms. */
const BATCH = { webSocket: 300, udp: 150, api: 40, http: 10 } as const
const BATCH_SIZE = BATCH.webSocket + BATCH.udp + BATCH.api + BATCH.http
/** How long memory has to come back. */
const REST_MS = sized({ gate: 5_000, long: 60_000 })

let server: TestServer
let udpPort: number
let infoHash: string
beforeAll(async () => {
  udpPort = await freePort()
  server = await startServer(['--udp-port', String(udpPort), '--trusted-proxies', 'loopback'])
  infoHash = (await publishNamed(server.url, 'target')).infoHash
})
afterAll(() => server[Symbol.asyncDispose]())

/** The same numbers below `max` in every run (xorshift32). */
let state = 0x2545f491
function random(max: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % max
}
const pick = <T>(values: readonly T[]): T => values[random(values.length)] as T
const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random(256)))
/** One of 4,096 addresses: the limits of one alone would keep the rest from the parsers. */
const address = () => `198.18.${random(16)}.${random(256)}`

const binaryHash = () => Buffer.from(infoHash, 'hex').toString('latin1')
const ODD = [
  null,
  0,
  -1,
  2 ** 53,
  '',
  '\0',
  '\u{1f600}'.repeat(40),
  [],
  {},
  [[[[[]]]]],
  'x'.repeat(5_000),
  true,
  '__proto__',
] as const
const id = () => pick([binaryHash(), 'a'.repeat(20), bytes(20).toString('latin1'), 'short'])

function hostileText(): string {
  const message: Record<string, unknown> = {
    action: pick(['announce', 'announce', 'announce', 'scrape', ...ODD]),
    info_hash: pick([id(), id(), id(), ...ODD]),
    peer_id: pick([id(), id(), id(), ...ODD]),
    left: pick([0, 1, ...ODD]),
    numwant: pick([5, 4_000_000_000, ...ODD]),
    event: pick(['started', 'completed', 'stopped', ...ODD]),
    offers: pick([[{ offer_id: id(), offer: { type: 'offer', sdp: 'v=0' } }], ...ODD]),
    to_peer_id: pick([id(), ...ODD]),
    offer_id: pick([id(), ...ODD]),
    answer: pick([{ type: 'answer', sdp: 'v=0' }, ...ODD]),
  }
  for (const key of Object.keys(message)) if (random(6) === 0) delete message[key]
  const text = JSON.stringify(message)
  return random(8) === 0 ? text.slice(0, random(text.length)) : text
}

const PATHS = [
  '/announce',
  '/scrape',
  '/w/',
  '/t/',
  '/badge/',
  '/embed/',
  '/oembed',
  '/status.json',
  '/api/ice',
]
const PARTS = [
  '%',
  '%00',
  '..',
  '%2e%2e',
  '\u00ff',
  'x'.repeat(3_000),
  '?',
  '&&',
  '=',
  '#',
  '//',
  '\\',
  '%c0%af',
  '*',
]

function hostileTarget(): string {
  const query = Array.from(
    { length: random(6) },
    () =>
      `${pick(['info_hash', 'peer_id', 'port', 'left', 'url', 'event', 'share'])}=${pick([...PARTS, '1', '-1', '1e99'])}`,
  ).join('&')
  return `${pick(PATHS)}${pick(['', infoHash, `${infoHash}.torrent`, `${infoHash}/a`, ...PARTS])}?${query}`
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']
const ROUTES = ['', '/kept', '/blocked', '/reports', '/web-seeds', '/%00', '/..']

function hostileCall(): { readonly path: string; readonly init: RequestInit } {
  const method = pick(METHODS)
  const body = pick([
    JSON.stringify({ metainfo: bytes(30).toString('base64'), title: pick(ODD) }),
    JSON.stringify(pick(ODD)),
    'd4:infod6:lengthi-1eee',
    '[['.repeat(2_000),
    bytes(200).toString('latin1'),
  ])
  const headers = {
    ...from(address()).headers,
    'content-type': pick(['application/json', 'application/x-bittorrent', 'text/plain', 'x']),
    authorization: pick(['', 'Bearer', `Bearer ${'a'.repeat(random(5_000))}`, 'Basic eDp5']),
  }
  const path = pick([
    '/api/shares',
    `/api/shares/${pick([infoHash, 'b'.repeat(40), 'x'])}${pick(ROUTES)}`,
    '/api/invitations',
    `/api/admin/${pick(['overview', 'shares?limit=-1', 'audit?before=x', 'blocks', 'tokens', 'reports/0'])}`,
  ])
  return {
    path,
    init: method === 'GET' || method === 'HEAD' ? { method, headers } : { method, headers, body },
  }
}

/** Statuses that say that something in the server went wrong. 501, 503 and 507 are answers of its own. */
const isFault = (status: number) => status === 500 || status === 502 || status === 504

/** However it ends: a connection that the server cuts is one of its answers. */
const ended = (socket: EventEmitter) => new Promise<void>(resolve => socket.once('close', () => resolve()))

async function attackOverWebSocket(count: number): Promise<void> {
  const socket = new WebSocket(server.announceUrl, from(address()))
  socket.on('error', () => {})
  await Promise.race([new Promise(resolve => socket.once('open', resolve)), ended(socket)])
  for (let i = 0; i < count && socket.readyState === WebSocket.OPEN; i++) {
    const kind = random(20)
    if (kind === 0) socket.send(bytes(random(400)))
    else if (kind === 1) socket.ping(bytes(random(100)))
    else socket.send(hostileText())
    if (socket.bufferedAmount > 1_000_000) await new Promise(resolve => setImmediate(resolve))
  }
  // Whatever it answered or dropped, everything was read once this is.
  if (socket.readyState === WebSocket.OPEN) {
    socket.ping()
    await Promise.race([new Promise(resolve => socket.once('pong', resolve)), ended(socket)])
  }
  socket.terminate()
}

/** `count` requests as no library would write them, each connection used until the server cuts it; resolves with the statuses. */
async function attackOverHttp(count: number): Promise<number[]> {
  const statuses: number[] = []
  while (statuses.length < count) statuses.push(...(await attackOverConnection(count - statuses.length)))
  return statuses
}

async function attackOverConnection(most: number): Promise<number[]> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const statuses: number[] = []
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3})/g)) statuses.push(Number(status))
  })
  socket.on('error', () => {})
  const closed = ended(socket)
  const requests = Array.from({ length: Math.min(most, 1 + random(20)) }, hostileRequest)
  socket.end(requests.join(''), 'latin1')
  await closed
  // One that was cut without a word counts as one.
  return statuses.length > 0 ? statuses : [0]
}

function hostileRequest(): string {
  const method = random(30) === 0 ? 'FOO' : pick(['GET', 'GET', 'HEAD'])
  const odd = pick(['', '', '', 'Range: bytes=9-1\r\n', 'If-None-Match: "\r\n'])
  const broken =
    random(30) === 0 ? pick(['Content-Length: -1\r\n', 'Transfer-Encoding: x\r\n', ' folded\r\n']) : ''
  return `${method} ${hostileTarget()} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${address()}\r\n${odd}${broken}\r\n`
}

async function attackApi(): Promise<number> {
  const { init, path } = hostileCall()
  const response = await fetch(server.url + path, init)
  await response.arrayBuffer()
  return response.status
}

async function attackOverUdp(count: number): Promise<void> {
  const socket = createSocket('udp4')
  for (let i = 0; i < count; i++) {
    const packet = bytes(pick([0, 8, 16, 16, 36, 98, 98, 98, 120, 1_400]))
    if (packet.length >= 16 && random(2) === 0) {
      packet.write('0000041727101980', 'hex')
      packet.writeUInt32BE(random(5), 8)
    }
    await new Promise(resolve => socket.send(packet, udpPort, '127.0.0.1', resolve))
  }
  socket.close()
}

/** Sends that many messages of all kinds; resolves with the statuses that came. */
async function attack(messages: number): Promise<number[]> {
  const statuses: number[] = []
  for (let sent = 0; sent < messages; sent += BATCH_SIZE) {
    const [, overHttp, , ...api] = await Promise.all([
      attackOverWebSocket(BATCH.webSocket),
      attackOverHttp(BATCH.http),
      attackOverUdp(BATCH.udp),
      ...Array.from({ length: BATCH.api }, attackApi),
    ])
    statuses.push(...overHttp, ...api)
  }
  return statuses
}

/** Resident memory of the server's process, in bytes. */
const memory = () =>
  1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))?.[1])

test(`${MESSAGES} hostile messages over WebSocket, HTTP, UDP and the API: no crash, no fault, and memory comes back`, {
  tags: 'sized',
  timeout: sized({ gate: 120_000, long: 7_200_000 }),
}, async () => {
  // What it needs for as many clients at once, it has had once.
  await attack(MESSAGES / 20)
  const before = memory()
  const statuses = await attack(MESSAGES)
  expect(statuses.length).toBeGreaterThanOrEqual((MESSAGES / BATCH_SIZE) * (BATCH.api + BATCH.http))
  expect(new Set(statuses).size).toBeGreaterThan(5)
  expect(statuses.filter(isFault)).toEqual([])
  expect(server.process.exitCode).toBe(null)
  await expect.poll(memory, { timeout: REST_MS, interval: 500 }).toBeLessThan(1.2 * before)
  expect((await fetch(`${server.url}/d/${infoHash}`)).status).toBe(200)
  const faults = server
    .log()
    .split('\n')
    .filter(line => /"level":(?:50|60)|"err"/.test(line))
  expect(faults.slice(0, 5)).toEqual([])
})
