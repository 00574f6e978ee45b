import { afterAll, beforeAll, expect, test } from 'vitest'
import { publishNamed } from '../support/content/shares.ts'
import { startApp, type TestApp } from '../support/server/app.ts'
import { from, whileHonest } from '../support/server/honest.ts'

const OPERATOR_KEY = 'operator-key-of-the-tests'

let server: TestApp
beforeAll(async () => {
  server = await startApp({
    TABSEED_TRUSTED_PROXIES: '127.0.0.1',
    TABSEED_OPERATOR_KEY: OPERATOR_KEY,
    TABSEED_TURN_URLS: 'turn:turn.example',
    TABSEED_TURN_SECRET: 'north',
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const withKey = (address: string, key: string) => ({
  headers: { ...from(address).headers, authorization: `Bearer ${key}` },
})

test.each([
  ['owner key', 'DELETE', (hash: string) => `/api/shares/${hash}`],
  ['operator key', 'PUT', (hash: string) => `/api/shares/${hash}/blocked`],
  ['operator key for new tokens', 'GET', () => '/api/admin/tokens'],
  ['owner key for the cache', 'PUT', (hash: string) => `/api/shares/${hash}/kept`],
])('who tries one %s after another is stopped, and nobody else', async (name, method, pathOf) => {
  const { infoHash, ownerKey } = await publishNamed(server.url, `guessed ${name}`)
  const url = server.url + pathOf(infoHash)
  const attacker = `198.51.100.${name.length}`
  const statuses = new Map<number, number>()
  await whileHonest(server, infoHash, async () => {
    for (let at = 0; at < 200; at += 1) {
      const { status } = await fetch(url, { method, ...withKey(attacker, `guess-number-${at}`) })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  })
  expect(statuses.get(403)).toBeGreaterThanOrEqual(30)
  expect(statuses.get(403)).toBeLessThan(40)
  expect([...statuses.keys()].sort()).toEqual([403, 429])
  // Not even the right key is looked at from there; what needs none goes on.
  const right = await fetch(url, { method, ...withKey(attacker, OPERATOR_KEY) })
  expect(right.status).toBe(429)
  expect(right.headers.get('retry-after')).toBe('10')
  const share = `${server.url}/api/shares/${infoHash}`
  expect((await fetch(share, from(attacker))).status).toBe(200)
  expect((await fetch(share, { method: 'DELETE', ...withKey('203.0.113.1', ownerKey) })).status).toBe(204)
})

test('who tries one invitation after another is stopped', async () => {
  const { infoHash } = await publishNamed(server.url, 'guessed invitation')
  const statuses = new Map<number, number>()
  await whileHonest(server, infoHash, async () => {
    for (let at = 0; at < 100; at += 1) {
      const { headers } = withKey('198.51.100.99', `tsi_${String(at).padStart(43, 'x')}`)
      const { status } = await fetch(`${server.url}/api/invitations`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ token: `tst_${'a'.repeat(43)}` }),
      })
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  })
  expect(statuses.get(403)).toBeLessThan(40)
  expect([...statuses.keys()].sort()).toEqual([403, 429])
})

const iceOf = async (address: string, query = '', origin?: string) => {
  const response = await fetch(`${server.url}/api/ice${query}`, {
    headers: { ...from(address).headers, ...(origin !== undefined && { origin }) },
  })
  return { status: response.status, ...(await response.json()) }
}

test('a page of another origin gets a relay for a share of this server only', async () => {
  const { infoHash, ownerKey } = await publishNamed(server.url, 'embedded')
  const foreign = (query?: string) => iceOf('192.0.2.1', query, 'https://blog.example')
  expect(await iceOf('192.0.2.1')).toMatchObject({ iceServers: [{ urls: ['turn:turn.example'] }] })
  expect(await iceOf('192.0.2.1', '', new URL(server.url).origin)).toMatchObject({
    iceServers: [{ urls: ['turn:turn.example'] }],
  })
  for (const query of ['', '?share=', '?share=nonsense', `?share=${'ab'.repeat(20)}`]) {
    expect(await foreign(query), query).toMatchObject({ status: 200, iceServers: [], expiresAt: null })
  }
  expect(await foreign(`?share=${infoHash}`)).toMatchObject({ iceServers: [{ urls: ['turn:turn.example'] }] })
  await fetch(`${server.url}/api/shares/${infoHash}`, {
    method: 'DELETE',
    ...withKey('192.0.2.1', ownerKey),
  })
  expect(await foreign(`?share=${infoHash}`)).toMatchObject({ iceServers: [] })
})

test('each address has a user of its own at the relay, and asks a bounded number of times', async () => {
  const userOf = async (address: string) => (await iceOf(address)).iceServers[0].username.replace(/^\d+:/, '')
  const first = await userOf('192.0.2.10')
  expect(first).toMatch(/^[0-9a-f]{16}$/)
  expect(await userOf('192.0.2.10')).toBe(first)
  expect(await userOf('192.0.2.11')).not.toBe(first)
  expect(await userOf('2001:db8::1')).toBe(await userOf('2001:db8::2'))
  const answers = await Promise.all(Array.from({ length: 150 }, () => iceOf('192.0.2.12')))
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThanOrEqual(20)
  expect(refused[0].error.code).toBe('too_many_requests')
})
