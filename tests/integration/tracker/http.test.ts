import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Bencode, decode } from '../../../lib/torrent/bencode.ts'
import { peerIdNamed, TrackerClient } from '../../support/clients/tracker-client.ts'
import { publishNamed } from '../../support/content/shares.ts'
import { startApp, type TestApp } from '../../support/server/app.ts'

let server: TestApp
let infoHash: string
beforeAll(async () => {
  // Tests come from this machine, which so is the reverse proxy in front of the server.
  server = await startApp({ TABSEED_TRUSTED_PROXIES: '127.0.0.1', TABSEED_LOG_LEVEL: 'debug' })
  infoHash = (await publishNamed(server.url, 'http swarm')).infoHash
})
afterAll(() => server[Symbol.asyncDispose]())

const percent = (hex: string) => hex.replace(/../g, '%$&')
const utf8 = (value: Bencode | undefined) =>
  value instanceof Uint8Array ? Buffer.from(value).toString() : undefined

async function get(
  path: string,
  headers: Record<string, string> = {},
): Promise<ReadonlyMap<string, Bencode>> {
  const response = await fetch(`${server.url}${path}`, { headers })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('text/plain')
  const { value } = decode(new Uint8Array(await response.arrayBuffer()))
  if (!(value instanceof Map)) throw new Error('the answer is no dictionary')
  return value
}

/** Announce from `address`, as the proxy reports it. */
const announce = (query: Record<string, string | number>, address = '192.0.2.1', hash = infoHash) => {
  const more = Object.entries({ peer_id: peerIdNamed('http'), port: 6881, left: 0, ...query })
  const parameters = more.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')
  return get(`/announce?info_hash=${percent(hash)}&${parameters}`, { 'x-forwarded-for': address })
}

/** Addresses in a compact peer list (BEP 23). */
function compactPeers(value: Bencode | undefined): string[] {
  if (!(value instanceof Uint8Array)) return []
  const bytes = Buffer.from(value)
  return Array.from({ length: bytes.length / 6 }, (_, at) => {
    const peer = bytes.subarray(at * 6, at * 6 + 6)
    return `${peer.subarray(0, 4).join('.')}:${peer.readUInt16BE(4)}`
  })
}

describe('announce', () => {
  test('counts peers and lists their addresses, also those of WebSocket peers in the counts', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'mixed')
    using browser = await TrackerClient.open(server.announceUrl)
    await browser.announce(hash, peerIdNamed('browser'), { left: 0 })
    await announce({ port: 1001, left: 5, event: 'started' }, '192.0.2.1', hash)
    const answer = await announce({ port: 1002, left: 0, compact: 0 }, '192.0.2.2', hash)
    expect(answer.get('complete')).toBe(2)
    expect(answer.get('incomplete')).toBe(1)
    expect(answer.get('interval')).toBe(600)
    expect(compactPeers(answer.get('peers'))).toEqual(['192.0.2.1:1001'])

    await announce({ port: 1001, event: 'stopped' }, '192.0.2.1', hash)
    const scrape = await get(`/scrape?info_hash=${percent(hash)}`)
    const files = scrape.get('files') as ReadonlyMap<string, ReadonlyMap<string, Bencode>>
    const counts = files.get(Buffer.from(hash, 'hex').toString('latin1'))
    expect([counts?.get('complete'), counts?.get('incomplete')]).toEqual([2, 0])
  })

  test('ignores `ip`, and X-Forwarded-For entries a client wrote itself', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'forged')
    await announce({ port: 7, ip: '198.51.100.9' }, '1.2.3.4.5, 198.51.100.8, 192.0.2.7', hash)
    const answer = await announce({ port: 8, left: 1 }, '192.0.2.8', hash)
    expect(compactPeers(answer.get('peers'))).toEqual(['192.0.2.7:7'])
  })

  test('an IPv6 peer is listed in peers6', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'six')
    await announce({ port: 258 }, '2001:db8::1', hash)
    const answer = await announce({ port: 1, left: 1 }, '192.0.2.1', hash)
    expect(Buffer.from(answer.get('peers6') as Uint8Array).toString('hex')).toBe(
      '20010db80000000000000000000000010102',
    )
  })

  test.each(['1.2.3.4.5', '999.1.1.1', 'garbage', '<script>'])(
    'X-Forwarded-For: %s fails alone',
    async address => {
      expect(utf8((await announce({}, address)).get('failure reason'))).toContain('address')
      expect((await announce({})).get('complete')).toBeGreaterThanOrEqual(1)
    },
  )

  test.each<[string, Record<string, string | number>]>([
    ['peer_id', { peer_id: 'short' }],
    ['info_hash', { info_hash: 'short' }],
  ])('refuses a wrong %s', async (name, query) => {
    expect(utf8((await announce(query)).get('failure reason'))).toBe(`invalid ${name}`)
  })

  // Clients send all sorts: other trackers answer them too.
  test.each<Record<string, string | number>>([
    { port: 0 },
    { port: 65_536 },
    { port: 'x' },
    { port: '' },
    { left: -2 },
    { left: 'NaN' },
    { downloaded: -1, uploaded: -1, left: -1 },
    { event: 'exploded' },
    { event: '' },
    { numwant: '1e9' },
    { numwant: 2 ** 32 - 1 },
    { numwant: '9'.repeat(400), downloaded: '9'.repeat(400) },
  ])('answers %o', async query => {
    const answer = await announce(query)
    expect(answer.has('failure reason')).toBe(false)
    expect(answer.has('peers')).toBe(true)
  })

  test('hands nobody on who names no port, and gives them peers', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'no port')
    await announce({ port: 1001, left: 5 }, '192.0.2.1', hash)
    const peersFor = async (query: Record<string, number>, address: string) =>
      (await announce(query, address, hash)).get('peers')
    expect(await peersFor({ port: 0, left: 5 }, '192.0.2.2')).toHaveLength(6)
    expect(await peersFor({ port: 0, left: 0 }, '192.0.2.3')).toHaveLength(6)
    expect(await peersFor({ port: 1004, left: 5 }, '192.0.2.4')).toHaveLength(6)
  })

  test('refuses what names no swarm of ours, or the same thing twice', async () => {
    const reason = async (query: string) => utf8((await get(`/announce${query}`)).get('failure reason'))
    expect(await reason('')).toBe('invalid info_hash')
    expect(await reason('?info_hash=%zz')).toBe('invalid info_hash')
    const twice = `?info_hash=${percent(infoHash)}&info_hash=${percent(infoHash)}`
    expect(await reason(twice)).toBe('invalid info_hash')
    expect(utf8((await announce({}, '192.0.2.1', 'ee'.repeat(20))).get('failure reason'))).toBe(
      'not a share of this server',
    )
  })

  test('a stop of a swarm nobody is in is no failure, and makes nobody a peer', async () => {
    const { infoHash: hash } = await publishNamed(server.url, 'empty')
    const answer = await announce({ event: 'stopped' }, '192.0.2.1', hash)
    expect(answer.has('failure reason')).toBe(false)
    expect([answer.get('complete'), answer.get('incomplete')]).toEqual([0, 0])
    const next = await announce({}, '192.0.2.2', hash)
    expect(Number(next.get('complete')) + Number(next.get('incomplete'))).toBe(1)
  })
})

describe('scrape', () => {
  test('answers for what was named only', async () => {
    const unknown = 'ab'.repeat(20)
    const files = (await get(`/scrape?info_hash=${percent(unknown)}&info_hash=${percent(infoHash)}`)).get(
      'files',
    )
    expect(files instanceof Map && files.size).toBe(2)
    const many = Array(51)
      .fill(`info_hash=${percent(infoHash)}`)
      .join('&')
    for (const query of ['', '?', '?info_hash=x', `?${many}`]) {
      expect(utf8((await get(`/scrape${query}`)).get('failure reason'))).toContain('info hashes')
    }
  })
})

test('the log says that there were announces, not by whom and for what', async () => {
  await announce({}, '192.0.2.200')
  await expect.poll(server.log).toContain('"path":"/announce"')
  await announce({}, 'garbage')
  for (const secret of ['192.0.2.200', '127.0.0.1', 'peer_id', percent(infoHash)]) {
    expect(server.log()).not.toContain(secret)
  }
})
