import { expect, test } from 'vitest'
import { nearbySchema } from '../../../lib/protocol/nearby.ts'
import { startApp } from '../../support/server/app.ts'

const here = (who: string, change: object = {}) => ({
  token: who.padEnd(22, '-'),
  name: 7,
  publicKey: 'k'.repeat(87),
  code: null,
  ...change,
})

test('people nearby: who is there, notes, codes, and what is refused', async () => {
  await using server = await startApp({ TABSEED_TRUSTED_PROXIES: '127.0.0.1' })
  const post = (path: string, body: unknown, address = '192.0.2.1') =>
    fetch(`${server.url}/api/nearby${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify(body),
    })
  const look = async (who: string, address?: string, change?: object) =>
    nearbySchema.parse(await (await post('', here(who, change), address)).json())
  const codeOf = async (answer: Promise<Response>) => (await (await answer).json()).error.code

  const a = await look('a')
  const b = await look('b')
  expect(b.people.map(({ id }) => id)).toEqual([a.me])
  expect((await look('c', '192.0.2.2')).people).toEqual([])
  // IPv6: the network of a home.
  await look('d', '2001:db8:1:1::1')
  expect((await look('e', '2001:db8:1:1::2')).people).toHaveLength(1)
  expect((await look('f', '2001:db8:1:2::2')).people).toHaveLength(0)

  const note = { token: here('a').token, to: b.me, sealed: 'abc' }
  expect((await post('/notes', note)).status).toBe(202)
  expect((await look('b')).notes).toMatchObject([{ from: { id: a.me }, sealed: 'abc' }])
  expect(await codeOf(post('/notes', { ...note, to: '0'.repeat(32) }))).toBe('nearby_gone')

  const { code } = await look('a', undefined, { code: 'new' })
  expect((await look('c', '192.0.2.2', { code })).people.map(({ id }) => id)).toEqual([a.me])
  expect((await post('/leave', { token: here('a').token })).status).toBe(202)
  expect((await look('b')).people).toEqual([])

  const bad = [
    here('x', { token: 'short' }),
    here('x', { name: 128 }),
    here('x', { publicKey: 'k' }),
    here('x', { code: '12345' }),
    here('x', { more: 1 }),
  ]
  for (const body of bad) expect(await codeOf(post('', body))).toBe('bad_request')
  expect(await codeOf(post('/notes', { ...note, sealed: 'x'.repeat(6_000) }))).toBe('body_too_large')
  // No address is named, in log or answer.
  expect(server.log()).not.toContain('192.0.2')
})

test('codes that nobody has are guessed slowly', async () => {
  await using server = await startApp()
  const guess = (code: string) =>
    fetch(`${server.url}/api/nearby`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(here('guesser', { code })),
    })
  const statuses: number[] = []
  for (let at = 0; at < 25; at++) statuses.push((await guess(String(at).padStart(6, '0'))).status)
  expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 404))
  expect(statuses.slice(20)).toEqual(Array.from({ length: 5 }, () => 429))
})
